import { z } from "zod";
import { ModelFailure } from "../errors.ts";
import type { Ports } from "../ports/index.ts";
import { asData } from "./quoted-items.ts";
import { defineTool, type RunnableTool, ToolRefusal } from "./tools.ts";

/** Lists the categories for a model, so that it can narrow a search. */
export function listCategories({ items }: Pick<Ports, "items">, userId: string): RunnableTool {
	return defineTool({
		name: "list_categories",
		description: "Gives the categories of the person's images with how many each has.",
		input: z.strictObject({}),
		async run() {
			const categories = await items.categories(userId);
			return categories.length > 0 ? asData(categories) : "The person has no images yet.";
		},
	});
}

const mentionsWeb = /\b(?:web|internet|online|google|news|website|look(?:ed)? (?:it |that |this )?up)\b/i;

/**
 * Creates the tool that searches the web; null where the person's question does not mention the web. A query leaves
 * this system, so it may hold only words that the person wrote: a text in an image that tells the model to send
 * something away has no way to send it.
 */
export function webSearchTool(
	{ webSearch }: Pick<Ports, "webSearch">,
	{
		question,
		userTexts,
		deadline,
	}: {
		question: string;
		/** The person's messages in this conversation, as far as it keeps them. */
		userTexts: string[];
		deadline: Date;
	},
): RunnableTool | null {
	if (!mentionsWeb.test(question)) return null;
	const userWords = new Set(wordsOf(userTexts.join("\n")));
	return defineTool({
		name: "web_search",
		description: "Searches the web. The query may have only words that the person wrote in this conversation.",
		input: z.strictObject({ query: z.string().trim().min(1).max(300) }),
		async run({ query }) {
			if (wordsOf(query).some((word) => !userWords.has(word))) {
				throw new ToolRefusal("the query has words that the person did not write: ask them to say what to look for");
			}
			// Only the words leave: punctuation could carry data, too.
			const plain = wordsOf(query).join(" ");
			const pages = await webSearch.search(plain, deadline).catch((error) => {
				if (!(error instanceof ModelFailure)) throw error;
				throw new ToolRefusal("the web cannot be searched now");
			});
			return pages.length > 0 ? pages.map((page) => `<page>${asData(page)}</page>`).join("\n") : "Nothing was found.";
		},
	});
}

/** Splits into whole words: a stem would admit anything that begins like a word of the person's. */
const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
