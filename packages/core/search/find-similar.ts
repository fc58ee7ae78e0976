import { AppError, itemNotFound } from "../errors.ts";
import type { Ports, SimilarItems, SimilarOptions } from "../ports/index.ts";
import { explainUnknownCategory } from "./unknown-category.ts";

/**
 * Finds similar items, by meaning and by appearance. An item without a vector of the model in use has near-duplicates
 * only.
 *
 * @throws AppError `item_not_found`, `item_not_comparable`
 */
export async function findSimilar(
	ports: Pick<Ports, "similar" | "embedder" | "items">,
	userId: string,
	itemId: string,
	options: Omit<SimilarOptions, "model">,
): Promise<SimilarItems & { model: string; notices: string[] }> {
	const { model } = ports.embedder;
	const found = await ports.similar.toItem(userId, itemId, { ...options, model });
	if (!found) throw itemNotFound(itemId);
	if (!found.compared.byVector && !found.compared.byHash) {
		throw new AppError(
			"item_not_comparable",
			"This item has neither a vector nor a picture to compare: ask again when its status is ready, and where it failed, upload it again.",
		);
	}
	const unknownCategory =
		options.category === undefined || found.items.length > 0
			? null
			: await explainUnknownCategory(ports, userId, options.category);
	return { ...found, model, notices: unknownCategory === null ? [] : [unknownCategory] };
}
