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
	const errors: unknown[] = [];
	for (const { userId, itemIds } of await redactions.claimDue({ againSeconds, limit: maxUsers })) {
		if (Date.now() > deadline.getTime()) break;
		try {
			const { busy } = await sessions.redact(userId, itemIds);
			if (busy > 0) continue;
			await redactions.finish(userId, itemIds);
			chatsRedacted += 1;
		} catch (error) {
			// One person's chats must not keep those of all others.
			errors.push(error);
		}
	}
	if (errors.length > 0) throw new AggregateError(errors, `The chats of ${errors.length} users were not redacted.`);
	return { chatsRedacted };
}
