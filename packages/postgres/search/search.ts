import type { ImageType } from "#core/items/item.ts";
import type {
	Hit,
	MatchedWord,
	Search,
	SearchOptions,
	TextQuery,
	VectorQuery,
} from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { halfvecBytes } from "./halfvec.ts";
import { byText, byVector, hybrid } from "./search-statements.ts";
import { parseQuery } from "./text-query.ts";

const statements = { byText, byVector, hybrid };

export { searchParameters } from "./search-parameters.ts";

/** Search in PostgreSQL: words in a GIN index, vectors by 1-bit codes in a covering index, both per tenant. */
export function postgresSearch(db: Database): Search {
	/** Planned once for a connection: that takes longer than a search among few items. */
	const find = async (
		statement: keyof typeof statements,
		userId: string,
		{ category }: SearchOptions,
		...values: unknown[]
	) => {
		const rows = await db.query<HitRow>(
			statements[statement],
			[userId, category ?? null, ...values],
			`search ${statement}`,
		);
		return rows.map(hitFromRow);
	};
	return {
		byText: (userId, query, options) =>
			find(
				"byText",
				userId,
				options,
				...textValues(query),
				options.topK,
				options.explain ?? false,
			),
		byVector: (userId, query, options) =>
			find(
				"byVector",
				userId,
				options,
				...vectorValues(query),
				options.topK,
				query.exhaustive ?? false,
			),
		hybrid: (userId, { text, vector, weights }, options) =>
			find(
				"hybrid",
				userId,
				options,
				...textValues(text),
				...vectorValues(vector),
				weights.text,
				weights.vector,
				options.topK,
				options.explain ?? false,
				vector.exhaustive ?? false,
			),
	};
}

function textValues({ text, minScore }: TextQuery): unknown[] {
	const { everyWord, words, excluded } = parseQuery(text);
	return [everyWord, words, excluded, minScore ?? null];
}

function vectorValues(query: VectorQuery): unknown[] {
	return [
		query.model,
		halfvecBytes(query.vector),
		query.minSimilarity ?? null,
		query.answerabilityThreshold ?? 0,
	];
}

interface HitRow {
	item_id: string;
	mime_type: ImageType;
	category: string;
	headline: string;
	summary: string;
	analysis_id: string;
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
		itemId: row.item_id,
		mimeType: row.mime_type,
		score: row.score,
		category: row.category,
		headline: row.headline,
		summary: row.summary,
		analysisId: row.analysis_id,
		...(row.text_rank !== undefined && {
			textRank: row.text_rank,
			textScore: row.text_score,
			matched: row.matched ?? [],
		}),
		...(row.vector_rank !== undefined && {
			vectorRank: row.vector_rank,
			similarity: row.similarity,
		}),
		...(row.text_share !== undefined && {
			textShare: row.text_share,
			vectorShare: row.vector_share,
		}),
		...(row.snippet && { snippet: row.snippet }),
	};
}
