import { createHash } from "node:crypto";
import type { Hit, MatchedWord, Search, TextQuery } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import type { Sql } from "../sql.ts";
import { type FoundItemRow, foundItemFromRow } from "./found-item.ts";
import { hybridStatement, textStatement, vectorStatement } from "./fusion.ts";
import { type SearchParameters, searchParameters } from "./search-parameters.ts";
import { searchScope } from "./search-scope.ts";
import type { TextSearch } from "./text.ts";
import { parseQuery } from "./text-query.ts";

export { type SearchParameters, searchParameters } from "./search-parameters.ts";

/** Search in PostgreSQL: words in a GIN index, vectors by 1-bit codes in a covering index, both per tenant. */
export function postgresSearch(db: Database, parameters: SearchParameters = searchParameters): Search {
	/** Each connection keeps a statement's plan: planning takes longer than a search among few items. */
	const hits = async (name: string, statement: Sql) =>
		(await db.query<HitRow>(statement.prepared(name + suffix))).map(hitFromRow);
	const scope = (userId: string, category?: string) => searchScope(parameters, userId, category);
	const suffix = suffixOf(parameters);

	return {
		byText: (userId, query, { topK, category, explain = false }) =>
			hits("search byText", textStatement(scope(userId, category), textSearch(query), { topK, explain })),
		byVector: (userId, query, { topK, category }) =>
			hits("search byVector", vectorStatement(scope(userId, category), { ...query, topK })),
		hybrid: (userId, { text: query, vector, weights }, { topK, category, explain = false }) => {
			const text = textSearch(query);
			return hits(
				"search hybrid",
				hybridStatement(
					scope(userId, category),
					{ text, vector: { ...vector, topK, excluded: text.excluded }, weights },
					{ topK, explain },
				),
			);
		},
	};
}

/** Tells apart the statements of other parameters, whose text differs: a connection keeps one text for a name. */
function suffixOf(parameters: SearchParameters): string {
	if (parameters === searchParameters) return "";
	return ` ${createHash("sha256").update(JSON.stringify(parameters)).digest("hex").slice(0, 16)}`;
}

function textSearch({ text, minScore }: TextQuery): TextSearch {
	return { ...parseQuery(text), minScore: minScore ?? null };
}

interface HitRow extends FoundItemRow<string> {
	score: number;
	text_rank?: number | null;
	text_score?: number | null;
	text_share?: number;
	vector_rank?: number | null;
	similarity?: number | null;
	vector_share?: number;
	matched?: MatchedWord[] | null;
	snippet?: string | null;
}

function hitFromRow(row: HitRow): Hit {
	return {
		...foundItemFromRow(row),
		score: row.score,
		...(row.text_rank !== undefined && {
			textRank: row.text_rank,
			textScore: row.text_score,
			matched: row.matched ?? [],
		}),
		...(row.vector_rank !== undefined && { vectorRank: row.vector_rank, similarity: row.similarity }),
		...(row.text_share !== undefined && { textShare: row.text_share, vectorShare: row.vector_share }),
		...(row.snippet && { snippet: row.snippet }),
	};
}
