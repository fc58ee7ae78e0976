import { AppError, itemNotFound } from "../errors.ts";
import type { Ports, SimilarItems, SimilarOptions } from "../ports/index.ts";

/**
 * Finds what is like an item, by what it means and by how it looks. While it has no vector by the model in use, its
 * near-duplicates alone.
 *
 * @throws AppError `item_not_found`, `item_not_comparable`
 */
export async function findSimilar(
	{ similar, embedder }: Pick<Ports, "similar" | "embedder">,
	userId: string,
	itemId: string,
	options: Omit<SimilarOptions, "model">,
): Promise<SimilarItems & { model: string }> {
	const { model } = embedder;
	const found = await similar.toItem(userId, itemId, { ...options, model });
	if (!found) throw itemNotFound(itemId);
	if (!found.compared.byVector && !found.compared.byHash) {
		throw new AppError(
			"item_not_comparable",
			"This item has neither a vector nor a picture to compare: ask again when its status is ready, and where it failed, upload it again.",
		);
	}
	return { ...found, model };
}
