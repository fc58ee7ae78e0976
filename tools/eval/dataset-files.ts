import { z } from "zod";
import { imageDescription } from "#core/items/analysis.ts";
import { duplicatesIn, missingFrom, refuse } from "./checked-file.ts";

/** The gain of a found item by its relevance; `docs/evaluation.md` explains the values. */
export const gains = { high: 3, medium: 2, low: 1 } as const;

/** Schema of a dataset's `queries.json`. */
export const queryFile = z.array(
	z.looseObject({
		query_id: z.string().min(1),
		// The API's limits, checked here so that it refuses no query in the middle of an evaluation.
		query_text: z.string().trim().min(3).max(1_000),
		query_type: z.string().min(1),
		expected_items: z.array(
			z.looseObject({
				item_id: z.string(),
				relevance: z.enum(Object.keys(gains) as (keyof typeof gains)[]),
			}),
		),
	}),
);

/** Schema of a dataset's `analyses.json`. */
export const analysisFile = z.array(imageDescription.loose().extend({ item_id: z.string() }));

export interface Query {
	id: string;
	text: string;
	/** Any word; the report groups results by it. */
	type: string;
	/** The gain of each expected item, by its id in the dataset; empty for a query that nothing answers. */
	expected: Map<string, number>;
}

/**
 * Checks a file's queries against the items of their dataset.
 *
 * @param items the item of each id: another one for a second id of the same bytes
 * @param place where the items are, for messages
 * @throws naming every fault
 */
export function checkedQueries(
	file: string,
	queries: z.infer<typeof queryFile>,
	items: ReadonlyMap<string, string>,
	place: string,
): Query[] {
	const known = [...items.keys()];
	refuse(file, [
		...duplicatesIn(queries.map(({ query_id }) => query_id)).map(
			(id) => `has two queries ${id}: give each an id of its own`,
		),
		...queries.flatMap(({ query_id, expected_items }) =>
			missingFrom(
				expected_items.map(({ item_id }) => item_id),
				known,
			).map((id) => `${query_id} expects ${id}, which ${place} does not have`),
		),
		...(queries.some(({ expected_items }) => expected_items.length > 0)
			? []
			: ["has no query that expects an item: add one"]),
	]);
	return queries.map((query) => ({
		id: query.query_id,
		text: query.query_text,
		type: query.query_type,
		expected: expectedOf(query.expected_items, items),
	}));
}

/** Returns each item's gain. An item named twice, by two ids of the same bytes, has the higher one. */
function expectedOf(
	expectedItems: z.infer<typeof queryFile>[number]["expected_items"],
	items: ReadonlyMap<string, string>,
): Map<string, number> {
	const expected = new Map<string, number>();
	for (const { item_id, relevance } of expectedItems) {
		const id = items.get(item_id) ?? item_id;
		expected.set(id, Math.max(gains[relevance], expected.get(id) ?? 0));
	}
	return expected;
}
