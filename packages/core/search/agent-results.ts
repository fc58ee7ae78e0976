import { z } from "zod";
import { defineTool } from "../chat/tools.ts";
import { type ChatAnswer, type Hit, rrfK } from "../ports/index.ts";
import type { SeenItems } from "./search-tools.ts";

const resultsInput = z.strictObject({
	items: z
		.array(z.string().max(100))
		.max(200)
		.describe("Refs of all items that fit, best first; empty where none does. Leave out what only shares a word."),
	answer: z.string().max(10_000).describe("The answer, each sentence with its refs in brackets."),
});

/** Ends an agent's search: its input is the result. It runs only to report a wrong input. */
export const giveResults = defineTool({
	name: "give_results",
	description: "Ends the search: gives the person the items their request is about, and a short answer.",
	input: resultsInput,
	run: async () => "Given.",
});

/** The result of an agent's search. */
export interface AgentOutcome {
	/** Best first, only items that a search found. */
	itemIds: string[];
	/** The model's answer, not yet checked. */
	answer: string;
	/** Every item that the model named is invented; `itemIds` are then the best of its searches. */
	isInvented: boolean;
}

/** Reads the result from the model's answer; null where the model asks for more searches. */
export function readOutcome({ message: { text, toolCalls } }: ChatAnswer, seen: SeenItems): AgentOutcome | null {
	if (toolCalls.length === 0) {
		return {
			itemIds: fuseSearches(seen.searches),
			answer: text,
			isInvented: false,
		};
	}
	const results = toolCalls.find(({ name }) => name === giveResults.name);
	const { data } = resultsInput.safeParse(results?.input);
	if (!data) return null;
	const itemIds = [...new Set(data.items.flatMap((ref) => seen.refs.itemIdFor(ref) ?? []))];
	const isInvented = data.items.length > 0 && itemIds.length === 0;
	return {
		itemIds: isInvented ? fuseSearches(seen.searches) : itemIds,
		answer: data.answer,
		isInvented,
	};
}

/** Fuses the results of several searches by reciprocal rank, best first. */
export function fuseSearches(searches: string[][]): string[] {
	const scores = new Map<string, number>();
	for (const itemIds of searches) {
		for (const [index, itemId] of itemIds.entries()) {
			const score = scores.get(itemId) ?? 0;
			scores.set(itemId, score + 1 / (rrfK + index + 1));
		}
	}
	return [...scores].sort(([, a], [, b]) => b - a).map(([itemId]) => itemId);
}

/** Returns the hits in this order, with the scores that a hybrid search of one list gives them. */
export function rankHits(itemIds: string[], { hits }: SeenItems): Hit[] {
	return itemIds
		.flatMap((itemId) => hits.get(itemId) ?? [])
		.map((hit, index) => ({ ...hit, score: 1 / (rrfK + index + 1) }));
}
