import { z } from "zod";
import { filterOf } from "../items/filter-fields.ts";
import { shownWords } from "../items/shown-words.ts";
import type { ItemFilter, ItemWithAnalysis, Ports, SearchLimits } from "../ports/index.ts";
import type { SeenItems } from "../search/search-tools.ts";
import { asData, quotedItem, quoteItems, shortQuote } from "./quoted-items.ts";
import { defineTool, type RunnableTool, ToolRefusal } from "./tools.ts";

/** A model reads no more of them at once. */
const maxListed = 20;

const filterInput = {
	from: z.iso.date().optional().describe("The first day, as 2026-03-01."),
	to: z.iso.date().optional().describe("The last day, included."),
	dates: z
		.enum(["uploaded", "taken"])
		.default("uploaded")
		.describe("uploaded: when the person added it. taken: when the camera took it, which is known of few."),
	category: z.string().max(100).optional().describe("Only items of this category, as list_categories gives it."),
};

type FilterInput = z.output<z.ZodObject<typeof filterInput>>;

/** The day of an upload is that of UTC, of a picture the local one where it was taken. */
function meant(
	{ from, to, dates, category }: FilterInput,
	limits: Pick<SearchLimits, "category" | "filter">,
): ItemFilter {
	if (from && to && from > to) throw new ToolRefusal("from is after to");
	const narrowed = limits.category ?? category;
	return {
		...filterOf({ from, to, ...(narrowed && { category: narrowed }) }),
		dates,
		...(limits.filter && { and: limits.filter }),
	};
}

/** Creates the tools that list and count a person's items by what is known of each, not by words. */
export function itemTools(
	{ items }: Pick<Ports, "items">,
	userId: string,
	limits: Pick<SearchLimits, "category" | "filter">,
	/** Gets the items listed, so that the model may cite them. */
	seen: SeenItems,
): RunnableTool[] {
	const listItems = defineTool({
		name: "list_items",
		description:
			"Lists the person's images by when they were uploaded or taken, or of a category: all, the latest, those of a day. Says how many there are in all.",
		input: z.strictObject({
			...filterInput,
			sort: z.enum(["newest", "oldest"]).default("newest").describe("By upload."),
			limit: z.int().min(1).max(maxListed).default(10),
		}),
		async run({ sort, limit, ...input }) {
			const { items: listed, total } = await items.list(userId, {
				...meant(input, limits),
				status: "ready",
				order: sort === "newest" ? "desc" : "asc",
				limit,
				offset: 0,
			});
			const hits = listed.flatMap((item) => hitOf(item));
			for (const [at, hit] of hits.entries()) {
				const found = listed[at];
				if (!seen.hits.has(hit.itemId)) seen.hits.set(hit.itemId, hit);
				const quoted = found && quotedItem(seen.refs.refFor(hit.itemId), found, shortQuote);
				if (quoted) seen.quoted.set(hit.itemId, quoted);
			}
			seen.searches.push(hits.map(({ itemId }) => itemId));
			const quoted = hits.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []);
			return `${asData({ total, listed: quoted.length, sort })}\n${quoteItems(quoted)}`.trim();
		},
	});

	const countItems = defineTool({
		name: "count_items",
		description: "Counts the person's images: all, those of a category, or those uploaded or taken within days.",
		input: z.strictObject(filterInput),
		async run(input) {
			return asData({ total: await items.count(userId, { ...meant(input, limits), status: "ready" }) });
		},
	});

	return [listItems, countItems];
}

/** Makes an analyzed item a hit that matches entirely. */
function hitOf({ item, latestAnalysis }: ItemWithAnalysis) {
	if (!latestAnalysis) return [];
	const { category, headline, summary } = shownWords(item, latestAnalysis);
	const { id: analysisId } = latestAnalysis;
	const { id: itemId, mimeType, placeholder, width, height } = item;
	return [{ itemId, mimeType, score: 1, category, headline, summary, analysisId, placeholder, width, height }];
}
