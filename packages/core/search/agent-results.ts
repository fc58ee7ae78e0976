import { z } from "zod";
import { defineTool } from "../chat/tools.ts";
import type { ChatAnswer, Hit } from "../ports/index.ts";
import type { SeenItems } from "./search-tools.ts";

const resultsInput = z.strictObject({
	items: z
		.array(z.string().max(100))
		.max(200)
		.describe(
			"Refs of all items that fit, best first; empty where none does. Leave out what only shares a word.",
		),
	answer: z
		.string()
		.max(10_000)
		.describe("The answer, each sentence with its refs in brackets."),
});

/** What the agent ends with: its input is the outcome, and it is run only to say what is wrong with that. */
export const giveResults = defineTool({
	name: "give_results",
	description:
		"Ends the search: gives the person the items their request is about, and a short answer.",
	input: resultsInput,
	run: async () => "Given.",
});

/** What an agent ended with. */
export interface ToolOutcome {
	/** Best first, only what was seen. */
	itemIds: string[];
	/** The answer as the model wrote it. */
	written: string;
	/** None of the items that the model named was ever shown to it. */
	isInvented: boolean;
}

/** What the model ended with; null where it wants to go on. */
export function readOutcome(
	{ message: { text, toolCalls } }: ChatAnswer,
	seen: SeenItems,
): ToolOutcome | null {
	if (toolCalls.length === 0) {
		return {
			itemIds: fuseSearches(seen.searches),
			written: text,
			isInvented: false,
		};
	}
	const given = toolCalls.find(({ name }) => name === giveResults.name);
	const { data } = resultsInput.safeParse(given?.input);
	if (!data) return null;
	const itemIds = [
		...new Set(data.items.flatMap((ref) => seen.refs.itemIdFor(ref) ?? [])),
	];
	const isInvented = data.items.length > 0 && itemIds.length === 0;
	return {
		itemIds: isInvented ? fuseSearches(seen.searches) : itemIds,
		written: data.answer,
		isInvented,
	};
}

/** As in a hybrid search. */
const rrfK = 15;

/** What all searches found, best first: an item's ranks count as in a hybrid search. */
export function fuseSearches(searches: string[][]): string[] {
	const scores = new Map<string, number>();
	for (const found of searches) {
		for (const [at, itemId] of found.entries()) {
			const score = scores.get(itemId) ?? 0;
			scores.set(itemId, score + 1 / (rrfK + at + 1));
		}
	}
	return [...scores].sort(([, a], [, b]) => b - a).map(([itemId]) => itemId);
}

/** The hits in this order; their scores are those of the order, as in a hybrid search of one list. */
export function rankHits(itemIds: string[], { hits }: SeenItems): Hit[] {
	return itemIds
		.flatMap((itemId) => hits.get(itemId) ?? [])
		.map((hit, at) => ({ ...hit, score: 1 / (rrfK + at + 1) }));
}
