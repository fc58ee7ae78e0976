import { Failures } from "../failures.ts";
import type { Ports } from "../ports/index.ts";

/** A turn is over by then. */
const againSeconds = 5 * 60;
const maxUsers = 50;

/**
 * Removes deleted items from the answers that are kept for idempotency keys, and from the chats of their owners where
 * the deletion itself could not: it was interrupted, or a turn was under way.
 */
export async function finishRedactions(
	{ redactions, sessions, idempotencyKeys }: Pick<Ports, "redactions" | "sessions" | "idempotencyKeys">,
	{ deadline }: { deadline: Date },
): Promise<{ usersRedacted: number }> {
	let usersRedacted = 0;
	// One person's redactions must not keep those of all others.
	const failures = new Failures();
	for (const { userId, itemIds } of await redactions.claimDue({ againSeconds, limit: maxUsers })) {
		if (Date.now() > deadline.getTime()) break;
		await failures.collect(async () => {
			await idempotencyKeys.redact(userId, itemIds);
			const { busy } = await sessions.redact(userId, itemIds);
			if (busy > 0) return;
			await redactions.finish(userId, itemIds);
			usersRedacted += 1;
		});
	}
	failures.throwIfAny(`The redactions of ${failures.errors.length} users were not finished.`);
	return { usersRedacted };
}
