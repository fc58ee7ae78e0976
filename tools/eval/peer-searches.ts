import { DatabaseSync } from "node:sqlite";
import type { SearchText } from "#core/items/analysis.ts";

/** The search text of an item, the same as the product's text search gets. */
export interface PeerDocument {
	id: string;
	text: SearchText;
}

/** A search by others, filled with one collection. */
interface PeerSearch {
	/** Returns ids, best first. */
	find(query: string, topK: number): Promise<string[]>;
}

/** Weights of the fields where a peer takes any. They are not fitted: a title counts most, running text least. */
const boosts: Record<keyof SearchText, number> = { headline: 3, summary: 2, note: 2, labels: 2, extractedText: 1 };
const fields = Object.keys(boosts) as (keyof SearchText)[];

/** Every peer, by the name that the report has. */
export const peers: Record<string, (documents: PeerDocument[]) => Promise<PeerSearch>> = {
	fts5: (documents) => fts5(documents, { tokenizer: "porter unicode61" }),
	"fts5-weighted": (documents) => fts5(documents, { tokenizer: "porter unicode61", weighted: true }),
	"fts5-trigram": (documents) => fts5(documents, { tokenizer: "trigram", minLetters: 3 }),
	minisearch: miniSearch,
	orama,
};

/** SQLite's full-text search, any word of the query, ranked by BM25. */
async function fts5(
	documents: PeerDocument[],
	{ tokenizer, weighted = false, minLetters = 1 }: { tokenizer: string; weighted?: boolean; minLetters?: number },
): Promise<PeerSearch> {
	const database = new DatabaseSync(":memory:");
	database.exec(`create virtual table documents using fts5(id unindexed, ${fields.join()}, tokenize = '${tokenizer}')`);
	const insert = database.prepare(`insert into documents values (?, ${fields.map(() => "?").join()})`);
	for (const { id, text } of documents) insert.run(id, ...fields.map((field) => text[field]));
	const weights = weighted ? `, 0, ${fields.map((field) => boosts[field]).join()}` : "";
	const search = database.prepare(
		`select id from documents where documents match ? order by bm25(documents${weights}), rowid limit ?`,
	);
	return {
		async find(query, topK) {
			const words = (query.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).filter((word) => [...word].length >= minLetters);
			if (words.length === 0) return [];
			return search.all(words.map((word) => `"${word}"`).join(" OR "), topK).map(({ id }) => String(id));
		},
	};
}

/** MiniSearch with prefixes and misspelt words, as its documentation shows them. */
async function miniSearch(documents: PeerDocument[]): Promise<PeerSearch> {
	const { MiniSearch } = await import("./peers/index.ts");
	const index = new MiniSearch<Record<string, string>>({ fields });
	index.addAll(documents.map(({ id, text }) => ({ id, ...text })));
	return {
		find: async (query, topK) =>
			index
				.search(query, { prefix: true, fuzzy: 0.2, boost: boosts })
				.slice(0, topK)
				.map(({ id }) => id),
	};
}

/** Orama with English stems. */
async function orama(documents: PeerDocument[]): Promise<PeerSearch> {
	const { create, insertMultiple, search } = await import("./peers/index.ts");
	const index = create({
		schema: Object.fromEntries(fields.map((field) => [field, "string" as const])),
		components: { tokenizer: { language: "english", stemming: true } },
	});
	await insertMultiple(
		index,
		documents.map(({ id, text }) => ({ id, ...text })),
	);
	return {
		async find(query, topK) {
			const { hits } = await search(index, { term: query, properties: fields, boost: boosts, limit: topK });
			return hits.map(({ id }) => id);
		},
	};
}
