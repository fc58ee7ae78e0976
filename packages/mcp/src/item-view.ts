import type { Item } from "../../client/index.ts";

/** Shows a model what it needs of an item: neither addresses that grant access nor the whole answer of the vision model. */
export function itemView({ latest_analysis, ...item }: Item) {
	const description = latest_analysis?.raw_response as { image_details?: { extracted_text?: string[] } } | undefined;
	return {
		...pick(item, ["id", "original_filename", "status", "taken_at", "created_at", "category", "headline", "summary"]),
		...pick(item, ["tags", "note", "favorite"]),
		...(description?.image_details?.extracted_text && { text: description.image_details.extracted_text }),
	};
}

/** Shows a hit of a search, without its addresses. */
export const hitView = (hit: object) =>
	pick(hit, ["item_id", "rank", "match", "category", "headline", "summary", "score"]);

function pick(object: object, names: string[]): Record<string, unknown> {
	const values = object as Record<string, unknown>;
	return Object.fromEntries(names.flatMap((name) => ((values[name] ?? null) === null ? [] : [[name, values[name]]])));
}
