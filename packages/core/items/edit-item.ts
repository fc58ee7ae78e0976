import { AppError, itemNotFound } from "../errors.ts";
import { sendOutbox } from "../pipeline/send-events.ts";
import type { ItemEdit, ItemWithAnalysis, Ports } from "../ports/index.ts";
import { entityTag } from "./entity-tag.ts";

/**
 * Changes a person's own words about an item. They are shown and searched instead of the model's, and no analysis changes them.
 *
 * @param expected entity tags of which the item must have one; `*` is any. @default any
 * @throws AppError `item_not_found`, `item_changed`
 */
export async function editItem(
	ports: Pick<Ports, "edits" | "outbox" | "events">,
	userId: string,
	itemId: string,
	edit: ItemEdit,
	expected: readonly string[] | null = null,
): Promise<ItemWithAnalysis> {
	const edited = await ports.edits.edit(userId, itemId, edit, (found) => {
		if (!isExpected(expected, found)) throw itemChanged(itemId);
	});
	if (!edited) throw itemNotFound(itemId);
	await sendOutbox(ports, { userId, itemId });
	return edited;
}

function isExpected(expected: readonly string[] | null, found: ItemWithAnalysis): boolean {
	return !expected || expected.includes("*") || expected.includes(entityTag(found));
}

const itemChanged = (itemId: string) =>
	new AppError(
		"item_changed",
		`The item ${itemId} is not the version that If-Match names: GET it again, apply your change to what it is now, and send that with the new ETag.`,
	);
