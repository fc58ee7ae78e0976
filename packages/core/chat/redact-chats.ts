import { Failures } from "../failures.ts";
import type { Ports } from "../ports/index.ts";

/** A turn is over by then. */
const againSeconds = 5 * 60;
const maxUsers = 50;

/**
 * Removes deleted items from the chats of their owners, where the deletion itself could not: it was interrupted, or a
 * turn was under way.
 */
export async function redactChats(
	{ redactions, sessions }: Pick<Ports, "redactions" | "sessions">,
	{ deadline }: { deadline: Date },
): Promise<{ chatsRedacted: number }> {
	let chatsRedacted = 0;
	// One person's chats must not keep those of all others.
	const failures = new Failures();
	for (const { userId, itemIds } of await redactions.claimDue({ againSeconds, limit: maxUsers })) {
		if (Date.now() > deadline.getTime()) break;
		await failures.collect(async () => {
			const { busy } = await sessions.redact(userId, itemIds);
			if (busy > 0) return;
			await redactions.finish(userId, itemIds);
			chatsRedacted += 1;
		});
	}
	failures.throwIfAny(`The chats of ${failures.errors.length} users were not redacted.`);
	return { chatsRedacted };
}
