import { itemNotFound } from "../errors.ts";
import { removeObjects } from "../pipeline/process-image.ts";
import type { Ports } from "../ports/index.ts";

/**
 * Deletes an item: rows first, then every version of every object. The tombstone stays for the sweeper, which removes
 * the objects that a crash in between, or a stage still at work, leaves behind.
 *
 * @throws AppError `item_not_found`
 */
export async function deleteItem(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	userId: string,
	itemId: string,
): Promise<void> {
	const deleted = await items.delete(userId, itemId);
	if (!deleted) throw itemNotFound(itemId);
	await removeObjects({ objects }, userId, itemId);
}
