import { z } from "zod";
import { ModelFailure } from "../errors.ts";
import type { Ports } from "../ports/index.ts";
import { asData } from "./quoted-items.ts";
import { defineTool, type RunnableTool, ToolRefusal } from "./tools.ts";

/** Tells a model which categories there are, so that it can narrow a search. */
export function listCategories(
	{ items }: Pick<Ports, "items">,
	userId: string,
): RunnableTool {
	return defineTool({
		name: "list_categories",
		description:
			"Gives the categories of the person's images with how many each has.",
		input: z.strictObject({}),
		async run() {
			const found = await items.categories(userId);
			return found.length > 0 ? asData(found) : "The person has no images yet.";
		},
	});
}

/** A person who wants the web says so. */
const namesTheWeb =
	/\b(?:web|internet|online|google|news|website|look(?:ed)? (?:it |that |this )?up)\b/i;

/**
 * Searches the web, where the person asks for that in these very words; null where they do not. A query leaves this
 * system, so it may hold nothing but words the person wrote themselves: a text in an image that tells the model to
 * send something away has nothing to send it with.
 */
export function webSearchTool(
	{ webSearch }: Pick<Ports, "webSearch">,
	{
		question,
		said,
		deadline,
	}: {
		question: string;
		/** What the person wrote in this conversation, as far as it is remembered. */
		said: string[];
		deadline: Date;
	},
): RunnableTool | null {
	if (!namesTheWeb.test(question)) return null;
	const own = new Set(wordsOf(said.join("\n")));
	return defineTool({
		name: "web_search",
		description:
			"Searches the web. The query may have only words that the person wrote in this conversation.",
		input: z.strictObject({ query: z.string().trim().min(1).max(300) }),
		async run({ query }) {
			if (wordsOf(query).some((word) => !own.has(word))) {
				throw new ToolRefusal(
					"the query has words that the person did not write: ask them to say what to look for",
				);
			}
			// Only the words leave: signs between them could carry something, too.
			const plain = wordsOf(query).join(" ");
			const pages = await webSearch.search(plain, deadline).catch((error) => {
				if (!(error instanceof ModelFailure)) throw error;
				throw new ToolRefusal("the web cannot be searched now");
			});
			return pages.length > 0
				? pages.map((page) => `<page>${asData(page)}</page>`).join("\n")
				: "Nothing was found.";
		},
	});
}

/** Whole words: a stem would let anything pass that begins like a word of the person's. */
const wordsOf = (text: string): string[] =>
	text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
