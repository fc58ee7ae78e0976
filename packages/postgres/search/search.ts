import { createHash } from "node:crypto";
import type { Hit, MatchedWord, Search, SearchOptions, TextQuery } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import type { Sql } from "../sql.ts";
import { type FoundItemRow, foundItemFromRow } from "./found-item.ts";
import { hybridStatement, textStatement, vectorStatement } from "./fusion.ts";
import { type IsWord, type KnownTerm, lookUpTerms, wholeWord } from "./query-terms.ts";
import { type SearchParameters, searchParameters } from "./search-parameters.ts";
import { searchScope } from "./search-scope.ts";
import { snippetOf } from "./snippet.ts";
import type { TextSearch } from "./text.ts";

export type { IsWord } from "./query-terms.ts";
export { type SearchParameters, searchParameters } from "./search-parameters.ts";

/** Search in PostgreSQL: words in a GIN index, vectors by 1-bit codes in a covering index, both per tenant. */
export function postgresSearch(
	db: Database,
	{
		parameters = searchParameters,
		isWord = async () => false,
	}: {
		parameters?: SearchParameters;
		/** A word of a language is never corrected, though no item has it. @default none is one */
		isWord?: IsWord;
	} = {},
): Search {
	/** Each connection keeps a statement's plan: planning takes longer than a search among few items. */
	const hitRows = (name: string, statement: Sql, { filter }: SearchOptions) =>
		// A filter makes another statement, for which the server must see the values that it is planned for.
		db.query<HitRow>(filter ? statement : statement.prepared(name + suffix));
	const scope = (userId: string, options: SearchOptions) => searchScope(parameters, userId, options);
	const suffix = suffixOf(parameters);

	const textSearch = async (
		userId: string,
		{ text, minScore, prefix = false, clock }: TextQuery,
	): Promise<TextSearch> => {
		// Loaded with the first search: stemmers and stop words are a third of the api.
		const { analyzeQuery, withPrefix } = await import("#text/query.ts");
		const analyzed = analyzeQuery(text, clock ?? { now: new Date() });
		const query = await lookUpTerms({ db, parameters, isWord }, userId, prefix ? withPrefix(analyzed, text) : analyzed);
		return { ...query, minScore: minScore ?? null };
	};

	return {
		async byText(userId, query, options) {
			const { topK, offset = 0, explain = false } = options;
			const text = await textSearch(userId, query);
			const statement = textStatement(scope(userId, options), text, { topK, offset, explain });
			const rows = await hitRows("search byText", statement, options);
			return rows.map((row) => hitFromRow(row, text.terms));
		},
		async byVector(userId, query, options) {
			const { topK, offset = 0 } = options;
			const vector = { ...query, topK: topK + offset };
			const statement = vectorStatement(scope(userId, options), vector, { topK, offset });
			const rows = await hitRows("search byVector", statement, options);
			return rows.map((row) => hitFromRow(row, []));
		},
		async hybrid(userId, { text: query, vector, weights }, options) {
			const { topK, offset = 0, explain = false } = options;
			const text = await textSearch(userId, query);
			const statement = hybridStatement(
				scope(userId, options),
				{ text, vector: { ...vector, topK: topK + offset, excluded: text.excluded }, weights },
				{ topK, offset, explain },
			);
			const rows = await hitRows("search hybrid", statement, options);
			return rows.map((row) => hitFromRow(row, text.terms));
		},
	};
}

/** Tells apart the statements of other parameters, whose text differs: a connection keeps one text for a name. */
function suffixOf(parameters: SearchParameters): string {
	if (parameters === searchParameters) return "";
	return ` ${createHash("sha256").update(JSON.stringify(parameters)).digest("hex").slice(0, 16)}`;
}

interface HitRow extends FoundItemRow<string> {
	score: number;
	text_rank?: number | null;
	text_score?: number | null;
	text_share?: number;
	vector_rank?: number | null;
	similarity?: number | null;
	vector_share?: number;
	is_strong: boolean;
	matched?: MatchedLexeme[] | null;
	snippet_text?: string | null;
}

interface MatchedLexeme {
	term: number;
	field: MatchedWord["field"];
	/** As a tsquery. */
	lexeme: string;
	similarity: number;
}

function hitFromRow(row: HitRow, terms: KnownTerm[]): Hit {
	return {
		...foundItemFromRow(row),
		score: row.score,
		match: row.is_strong ? "strong" : "weak",
		...(row.text_rank !== undefined && {
			textRank: row.text_rank,
			textScore: row.text_score,
			matched: matchedWords(row.matched ?? [], terms),
		}),
		...(row.vector_rank !== undefined && { vectorRank: row.vector_rank, similarity: row.similarity }),
		...(row.text_share !== undefined && { textShare: row.text_share, vectorShare: row.vector_share }),
		...(row.snippet_text && { snippet: snippetOf(row.snippet_text, terms) }),
	};
}

/** Keeps the surest lexeme of each term in each field. */
function matchedWords(lexemes: MatchedLexeme[], terms: KnownTerm[]): MatchedWord[] {
	const first = new Map<string, MatchedWord>();
	for (const { term, field, lexeme, similarity } of lexemes) {
		const { word = "", correctedTo = null } = terms[term] ?? {};
		const key = `${term} ${field}`;
		if (first.has(key)) continue;
		const isCorrected = correctedTo !== null || similarity < wholeWord;
		first.set(key, {
			word,
			field,
			...(isCorrected && { corrected_to: lexeme.slice(1, -1).replaceAll("''", "'") }),
			...(correctedTo !== null && { misspelt: true as const }),
		});
	}
	return [...first.values()];
}
