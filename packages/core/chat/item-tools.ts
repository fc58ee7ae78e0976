import { z } from "zod";
import { nextDay, startOfDay } from "#text/local-day.ts";
import { text } from "../input-fields.ts";
import { filterOf } from "../items/filter-fields.ts";
import { shownWords } from "../items/shown-words.ts";
import { maxTagLength } from "../items/tag-names.ts";
import type { ItemFilter, ItemWithAnalysis, Ports, SearchLimits } from "../ports/index.ts";
import { searchItems } from "../search/search-items.ts";
import type { SeenItems } from "../search/search-tools.ts";
import { asData, quotedItem, quoteItems, shortQuote } from "./quoted-items.ts";
import { defineTool, type RunnableTool, ToolRefusal } from "./tools.ts";

/** A model reads no more of them at once. */
const maxListed = 20;
/** A search gives no more. */
const maxAbout = 50;

const filterInput = {
	from: z.iso.date().optional().describe("The first day, as 2026-03-01."),
	to: z.iso.date().optional().describe("The last day, included."),
	dates: z
		.enum(["uploaded", "taken", "shown"])
		.default("uploaded")
		.describe(
			"uploaded: when the person added it. taken: when it was taken, which is known of few. shown: that where it is known, else when it was added, for what only names days: receipts in June.",
		),
	category: text(100).optional().describe("Only items of this category, as list_categories gives it."),
	tag: text(maxTagLength).optional().describe("Only items with this tag."),
	about: text(200)
		.trim()
		.min(1)
		.optional()
		.describe("Only items that have these words: an app, a shop, a name, receipts. The fewest that tell."),
};

type FilterInput = Omit<z.output<z.ZodObject<typeof filterInput>>, "about">;

/** The day of an upload is that of the person's time zone, of a picture the local one where it was taken. */
function meant(
	{ from, to, dates, category, tag }: FilterInput,
	limits: Pick<SearchLimits, "category" | "filter">,
	timeZone: string | undefined,
): ItemFilter {
	if (from && to && from > to) throw new ToolRefusal("from is after to");
	const narrowed = limits.category ?? category;
	const isLocal = dates !== "uploaded";
	const [first, end] = [from && startOfDay(from, timeZone), to && startOfDay(nextDay(to), timeZone)];
	return {
		...filterOf({ ...(narrowed && { category: narrowed }), ...(tag && { tag }), ...(isLocal && { from, to }) }),
		...(dates === "uploaded" && { ...(first && { from: first }), ...(end && { to: end }) }),
		...(dates === "shown" && { ...(first && { uploadedFrom: first }), ...(end && { uploadedTo: end }) }),
		dates,
		status: "ready",
		...(limits.filter && { and: limits.filter }),
	};
}

/** Creates the tools that list and count a person's items by what is known of each. */
export function itemTools(
	ports: Pick<Ports, "items" | "search" | "embedder" | "vectorIndex">,
	userId: string,
	limits: Pick<SearchLimits, "category" | "filter">,
	/** Gets the items listed, so that the model may cite them. */
	seen: SeenItems,
	timeZone: () => Promise<string | undefined>,
): RunnableTool[] {
	const { items } = ports;

	/** Finds the items that an input means; of those about something, the best alone where there are too many. */
	async function found({ about, ...input }: FilterInput & { about?: string | undefined }) {
		const zone = await timeZone();
		const filter = meant(input, limits, zone);
		if (!about) return { filter, isCut: false };
		const { hits } = await searchItems(ports, userId, {
			query: about,
			searchType: "bm25",
			strict: true,
			topK: maxAbout,
			filter,
			...(zone && { timeZone: zone }),
		});
		const ids = hits.map(({ itemId }) => itemId);
		return { filter: { ...filter, ids }, isCut: ids.length === maxAbout };
	}

	/** A total for the model; of more items about something than a search gives, the least that there are. */
	const counted = (total: number, isCut: boolean) => (isCut ? { total_is_at_least: total } : { total });

	const listItems = defineTool({
		name: "list_items",
		description:
			"Lists the person's images by when they were uploaded or taken, of a category or a tag, or about something: all, the latest, those of a day. Says how many there are in all.",
		input: z.strictObject({
			...filterInput,
			sort: z
				.enum(["newest", "oldest"])
				.default("newest")
				.describe("By upload, or with dates=taken or shown by when it was taken."),
			limit: z.int().min(1).max(maxListed).default(10),
		}),
		async run({ sort, limit, ...input }) {
			const { filter, isCut } = await found(input);
			const { items: listed, total } = await items.list(userId, {
				...filter,
				sort: input.dates === "uploaded" ? "created" : "taken",
				order: sort === "newest" ? "desc" : "asc",
				limit,
				offset: 0,
			});
			const hits = listed.flatMap((item) => hitOf(item));
			for (const [at, hit] of hits.entries()) {
				const item = listed[at];
				if (!seen.hits.has(hit.itemId)) seen.hits.set(hit.itemId, hit);
				const quoted = item && quotedItem(seen.refs.refFor(hit.itemId), item, shortQuote);
				if (quoted) seen.quoted.set(hit.itemId, quoted);
			}
			seen.searches.push(hits.map(({ itemId }) => itemId));
			seen.totals.add(total);
			const quoted = hits.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []);
			return `${asData({ ...counted(total, isCut), listed: quoted.length, sort })}\n${quoteItems(quoted)}`.trim();
		},
	});

	const countItems = defineTool({
		name: "count_items",
		description:
			"Counts the person's images: all, those of a category or a tag, about something, or uploaded or taken within days.",
		input: z.strictObject(filterInput),
		async run(input) {
			const { filter, isCut } = await found(input);
			const total = await items.count(userId, filter);
			seen.totals.add(total);
			return asData(counted(total, isCut));
		},
	});

	return [listItems, countItems];
}

/** Reads the total, or the least that it is, from a result of these tools; null where it has none. */
export function totalIn(result: string): number | null {
	const [, total] = /^\{"total(?:_is_at_least)?":(\d+)[,}]/.exec(result) ?? [];
	return total === undefined ? null : Number(total);
}

/** Makes an analyzed item a hit that matches entirely. */
function hitOf({ item, latestAnalysis }: ItemWithAnalysis) {
	if (!latestAnalysis) return [];
	const { category, headline, summary } = shownWords(item, latestAnalysis);
	const { id: analysisId } = latestAnalysis;
	const { id: itemId, mimeType, placeholder, width, height } = item;
	return [{ itemId, mimeType, score: 1, category, headline, summary, analysisId, placeholder, width, height }];
}
