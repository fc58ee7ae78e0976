import { beforeDeadline } from "../before-deadline.ts";
import { itemNotFound } from "../errors.ts";
import { removeObjects } from "../pipeline/process-image.ts";
import type { Ports } from "../ports/index.ts";

/** A deletion ends then; the sweeper redacts what is left. */
const maxRedactionMs = 3_000;

/**
 * Deletes an item: rows first, then every version of every object, and what chats hold of it. The tombstone stays for
 * the sweeper, which removes the objects that a crash in between, or a stage still at work, leaves behind; the redaction
 * stays for chats that a turn under way keeps.
 *
 * @throws AppError `item_not_found`
 */
export async function deleteItem(
	{ items, objects, sessions }: Pick<Ports, "items" | "objects" | "sessions">,
	userId: string,
	itemId: string,
): Promise<void> {
	const deleted = await items.delete(userId, itemId);
	if (!deleted) throw itemNotFound(itemId);
	await removeObjects({ objects }, userId, itemId);
	// The item is deleted even where the chats cannot be reached: the sweeper redacts them, and reports its failures.
	const redacted = sessions.redact(userId, [itemId]).catch(() => {});
	await beforeDeadline(new Date(Date.now() + maxRedactionMs), redacted);
}
