import { z } from "zod";
import { quoteHits } from "../chat/answer-question.ts";
import { longQuote, type QuotedItem, quotedItem, quoteItems } from "../chat/quoted-items.ts";
import { defineTool, type RunnableTool, ToolRefusal } from "../chat/tools.ts";
import { ModelFailure } from "../errors.ts";
import { text } from "../input-fields.ts";
import { type ItemRefs, itemRefs } from "../items/item-refs.ts";
import type { Hit, Ports, SearchLimits } from "../ports/index.ts";
import { searchItems } from "./search-items.ts";
import type { SearchType } from "./search-types.ts";

/** Read-only tools over one person's collection, and the items they have returned. */
interface SearchTools {
	tools: RunnableTool[];
	seen: SeenItems;
	/** Searches like `search_collection`, for our own code. */
	search(query: string, searchType?: SearchType): Promise<Hit[]>;
}

/** The items that a model has read: it may cite and choose only these. */
export interface SeenItems {
	refs: ItemRefs;
	/** By id, as last quoted. */
	quoted: Map<string, QuotedItem>;
	/** By id, as first found. */
	hits: Map<string, Hit>;
	/** The ids that each search found, best first. */
	searches: string[][];
	/** Notices of all searches, each once. */
	notices: Set<string>;
	/** The numbers of items that lists and counts gave: an answer may state them. */
	totals: Set<number>;
	/** Says why the first search without hits found nothing; another may have found something. */
	emptyReason: string | null;
}

const modes = { words: "bm25", meaning: "vector", both: "hybrid" } as const satisfies Record<string, SearchType>;

/** Creates the tools by which a model reads a collection. They are bound to the user: no input of a tool names one. */
export function searchTools(
	ports: Pick<Ports, "search" | "embedder" | "vectorIndex" | "items">,
	userId: string,
	limits: SearchLimits,
	/** Where the person is. */
	timeZone: () => Promise<string | undefined>,
): SearchTools {
	const seen: SeenItems = {
		refs: itemRefs(),
		quoted: new Map(),
		hits: new Map(),
		searches: [],
		notices: new Set(),
		totals: new Set(),
		emptyReason: null,
	};

	async function search(
		query: string,
		searchType: SearchType = "hybrid",
		narrower: { topK?: number; category?: string } = {},
	): Promise<Hit[]> {
		const zone = await timeZone();
		const { hits, notices, emptyReason, unknownCategory } = await searchItems(ports, userId, {
			...limits,
			...(zone && { timeZone: zone }),
			query,
			searchType,
			strict: true,
			category: limits.category ?? narrower.category,
			topK: narrower.topK ?? limits.topK,
		});
		const quoted = await quoteHits(ports, userId, hits, seen.refs);
		for (const hit of hits) {
			if (!seen.hits.has(hit.itemId)) seen.hits.set(hit.itemId, hit);
		}
		for (const [itemId, item] of quoted) seen.quoted.set(itemId, item);
		for (const notice of notices) seen.notices.add(notice);
		// Of the person's own: one that a model chose is no concern of theirs.
		if (unknownCategory && limits.category !== undefined) seen.notices.add(unknownCategory);
		else seen.emptyReason ??= emptyReason;
		seen.searches.push(hits.map(({ itemId }) => itemId));
		return hits;
	}

	const searchCollection = defineTool({
		name: "search_collection",
		description: "Searches the person's images. Gives the items found, best first, with what is known of each.",
		input: z.strictObject({
			query: text(1_000).trim().min(1),
			mode: z
				.enum(Object.keys(modes) as [keyof typeof modes])
				.default("both")
				.describe("words: the query's words are in the item. meaning: the item is about the same. both: usually best."),
			category: text(100).optional().describe("Only items of this category, written as items have it."),
			top_k: z.int().min(1).max(limits.topK).optional(),
		}),
		async run({ query, mode, category, top_k }) {
			const hits = await search(query, modes[mode], { topK: top_k, category }).catch((error) => {
				if (!(error instanceof ModelFailure)) throw error;
				throw new ToolRefusal("nothing can be found by meaning now, only by words");
			});
			if (hits.length === 0) return "Nothing was found.";
			return quoteItems(hits.flatMap(({ itemId }) => seen.quoted.get(itemId) ?? []));
		},
	});

	const getItem = defineTool({
		name: "get_item",
		description: "Gives one item with its whole text; searches give the beginning of long texts only.",
		input: z.strictObject({ item: z.string().max(100).describe("The item's ref.") }),
		async run({ item: ref }) {
			const itemId = seen.refs.itemIdFor(ref);
			// An item that no search has returned does not exist for the model.
			const found = itemId ? await ports.items.find(userId, itemId) : null;
			const quoted = found && quotedItem(seen.refs.refFor(found.item.id), found, longQuote);
			if (!quoted) {
				throw new ToolRefusal(`there is no item "${ref}": give the ref of an item that a search found`);
			}
			seen.quoted.set(found.item.id, quoted);
			return quoteItems([quoted]);
		},
	});

	return { tools: [searchCollection, getItem], seen, search };
}
