import { closestWords, minCorrectedLetters } from "#text/corrections.ts";
import { quoteLexeme } from "#text/lexeme.ts";
import type { AnalyzedQuery, QueryTerm } from "#text/query.ts";
import type { Database } from "../database.ts";
import { constant, type Sql, sql } from "../sql.ts";
import type { SearchParameters } from "./search-parameters.ts";

/** A term of a query with the lexemes of a person's documents that stand for it. */
export interface KnownTerm {
	word: string;
	/** The inverse document frequency; that of half a document for a term in none. */
	idf: number;
	lexemes: KnownLexeme[];
	/** The word that was looked for instead, where no document has the term; else null. */
	correctedTo: string | null;
}

interface KnownLexeme {
	lexeme: string;
	/** How surely it means the term, 0 to 1. */
	similarity: number;
	documents: number;
}

/** A query with its terms as a person's documents know them. */
export interface KnownQuery extends Pick<AnalyzedQuery, "phrases" | "excluded"> {
	terms: KnownTerm[];
}

/** True for a word of a language. */
export type IsWord = (word: string) => Promise<boolean>;

/** Of a word that begins as the query's last one: below the word itself, and no correction of it. */
const prefixSimilarity = 0.95;

/** From this similarity on a lexeme is the term itself or a form of it, and no longer word that contains it. */
export const wholeWord = 0.9;

/**
 * Looks a query's terms up among the words of a person's documents: their own forms, longer words that begin or end with
 * one, and where none is found, words that have it inside or are spelled nearly so.
 */
export async function lookUpTerms(
	{ db, parameters, isWord }: { db: Database; parameters: SearchParameters; isWord: IsWord },
	userId: string,
	{ terms, phrases, excluded }: AnalyzedQuery,
): Promise<KnownQuery> {
	if (terms.length === 0) return { phrases, excluded, terms: [] };
	const rows = await db.query<FoundRow>(
		foundLexemes(userId, terms).prepared(terms.some(({ prefix }) => prefix) ? "search prefix" : "search terms"),
	);
	const total = rows.find(({ term }) => term === null)?.documents ?? 0;
	const found = terms.map((term, at) => ({
		term,
		lexemes: knownLexemes(
			parameters,
			term,
			rows.filter((row) => row.term === at),
		),
	}));
	const unknown = found
		.filter(({ term, lexemes }) => lexemes.length === 0 && isCorrectable(term))
		.slice(0, maxUnknownTerms);
	const vocabulary =
		unknown.length > 0 && total > 0
			? await readVocabulary(
					db,
					userId,
					unknown.map(({ term }) => term.plain ?? ""),
				)
			: [];
	const known = await Promise.all(
		found.map(async (each) => {
			const { term, lexemes } = each;
			if (!unknown.includes(each)) return { word: term.word, lexemes, isCorrected: false };
			const plain = term.plain ?? "";
			const inside = wordsWithInside(parameters, plain, vocabulary);
			const lexemesInstead = inside.length > 0 || (await isWord(plain)) ? inside : closest(plain, vocabulary);
			return { word: term.word, lexemes: lexemesInstead, isCorrected: lexemesInstead.length > 0 };
		}),
	);
	return {
		phrases,
		excluded,
		terms: known.map(({ word, lexemes, isCorrected }) => {
			const own = lexemes.filter(({ similarity }) => isCorrected || similarity >= wholeWord);
			const documents = Math.max(0, ...(own.length > 0 ? own : lexemes).map((each) => each.documents));
			return {
				word,
				idf: inverseFrequency(documents, total),
				lexemes,
				correctedTo: isCorrected ? (lexemes[0]?.lexeme ?? null) : null,
			};
		}),
	};
}

/** Each is compared with the whole vocabulary. */
const maxUnknownTerms = 8;

/** In a smaller collection nothing tells a rare word from a common one. */
const minTotal = 10;

/** BM25's inverse document frequency, with as many documents as tell something. */
function inverseFrequency(documents: number, total: number): number {
	return Math.log(1 + (Math.max(total, minTotal) - documents + 0.5) / (documents + 0.5));
}

const isCorrectable = ({ plain }: QueryTerm) => plain !== null && [...plain].length >= minCorrectedLetters;

interface FoundRow {
	/** The index of the term; null in the row that counts all documents. */
	term: number | null;
	lexeme: string;
	/** True if the lexeme is a longer word. */
	longer: boolean;
	documents: number;
}

/** Letters of a term that a longer word may begin or end with. */
const minPartLetters = 4;
const maxLongerWords = 8;
/** Of a word's beginning: the most frequent, of those that are read. */
const maxPrefixed = 24;
const maxPrefixedRead = 1_000;

/** Stems and dates are no words that a person typed. */
const isPlainWord = sql`lexeme !~ '[:-]'`;

/** One row for each lexeme that the person's documents have, and one with the number of all documents. */
function foundLexemes(userId: string, terms: QueryTerm[]): Sql {
	const wanted = terms.flatMap(({ lexemes }, term) => lexemes.map(({ lexeme }) => ({ term, lexeme })));
	const partial = terms.flatMap(({ plain }, term) =>
		plain !== null && /^\p{L}+$/u.test(plain) && [...plain].length >= minPartLetters ? [{ term, plain }] : [],
	);
	const begun = terms.flatMap(({ prefix }, term) => (prefix === undefined ? [] : [{ term, prefix }]));
	const user = sql`(select ${userId}::text)`;
	// Only in a search by a word's beginning: another statement, so that any other one is planned as if there were none.
	const prefixed =
		begun.length === 0
			? sql``
			: sql`
	union all (
	select term, lexeme, false, documents
	from unnest((select ${begun.map(({ term }) => term)}::int[]), (select ${begun.map(({ prefix }) => prefix)}::text[])) as begun (term, prefix),
	  lateral (
	    select lexeme, documents
	    from (
	      select lexeme, documents from words
	      where user_id = ${user} and lexeme >= prefix and lexeme < prefix || chr(1114111) and ${isPlainWord}
	      limit ${constant(maxPrefixedRead)}
	    ) as read
	    order by documents desc, lexeme
	    limit ${constant(maxPrefixed)}
	  ) as words_of_prefix)`;
	const parts = sql`unnest((select ${partial.map(({ term }) => term)}::int[]), (select ${partial.map(({ plain }) => plain)}::text[])) as parts (term, plain)`;
	const longerWords = (condition: Sql) => sql`
	select term, lexeme, true, documents
	from ${parts}, lateral (
	    select lexeme, documents from words
	    where user_id = ${user} and ${condition} and lexeme <> plain and ${isPlainWord}
	    order by documents desc, lexeme
	    limit ${constant(maxLongerWords)}
	  ) as longer_words`;
	return sql`
	select null::int as term, lexeme, false as longer, documents from words where user_id = ${user} and lexeme = ''
	union all
	select term, lexeme, false, documents
	from unnest((select ${wanted.map(({ term }) => term)}::int[]), (select ${wanted.map(({ lexeme }) => lexeme)}::text[])) as wanted (term, lexeme),
	  lateral (select documents from words where user_id = ${user} and words.lexeme = wanted.lexeme offset 0) as own_words
	union all (${longerWords(sql`lexeme > plain and lexeme < plain || chr(1114111)`)})
	union all (${longerWords(sql`reverse(lexeme) collate "C" > reverse(plain) and reverse(lexeme) collate "C" < reverse(plain) || chr(1114111)`)})${prefixed}`;
}

/** Takes the similarity of the term's own lexemes from the query, that of longer words from the parameters. */
function knownLexemes({ partSimilarity }: SearchParameters, term: QueryTerm, rows: FoundRow[]): KnownLexeme[] {
	const own = new Map(term.lexemes.map(({ lexeme, similarity }) => [lexeme, similarity]));
	const known = new Map<string, KnownLexeme>();
	for (const { lexeme, longer, documents } of rows) {
		if (longer && (partSimilarity === 0 || own.has(lexeme))) continue;
		const isBegun = term.prefix !== undefined && lexeme.startsWith(term.prefix);
		const similarity = longer && !isBegun ? partSimilarity : (own.get(lexeme) ?? (isBegun ? prefixSimilarity : 0));
		known.set(lexeme, { lexeme, documents, similarity });
	}
	return [...known.values()];
}

interface VocabularyWord {
	word: string;
	documents: number;
}

/** A collection with more words is read in part. */
const maxVocabulary = 100_000;

/** Reads the person's words that some others may mean, or have inside. */
function readVocabulary(db: Database, userId: string, words: string[]): Promise<VocabularyWord[]> {
	const minLength = Math.min(...words.map(({ length }) => length)) - 2;
	return db.query<VocabularyWord>(
		sql`select lexeme as word, documents from words
		    where user_id = ${userId} and length(lexeme) >= ${minLength}::int and ${isPlainWord}
		    limit ${constant(maxVocabulary)}`.prepared("search vocabulary"),
	);
}

function wordsWithInside(
	{ partSimilarity }: SearchParameters,
	plain: string,
	vocabulary: VocabularyWord[],
): KnownLexeme[] {
	if (partSimilarity === 0) return [];
	return vocabulary
		.filter(({ word }) => word.includes(plain))
		.slice(0, maxLongerWords)
		.map(({ word, documents }) => ({ lexeme: word, documents, similarity: partSimilarity }));
}

function closest(plain: string, vocabulary: VocabularyWord[]): KnownLexeme[] {
	const documents = new Map(vocabulary.map((each) => [each.word, each.documents]));
	return closestWords(plain, vocabulary).map(({ word, similarity }) => ({
		lexeme: word,
		similarity,
		documents: documents.get(word) ?? 0,
	}));
}

interface TermQueries {
	/** A tsquery of every known term, where the terms are too common to look for each; else null. */
	allTermsFirst: string | null;
	/** A tsquery of a rare term, or of two of the common ones; null where no term is known. */
	rareOrPairedTerms: string | null;
}

/**
 * Makes the tsquerys that find candidates. Terms are counted from the rarest: those that are together in no more
 * documents than are ranked are looked for alone, commoner ones only together with another common one.
 */
export function termQueries(terms: KnownTerm[], maxCandidates: number): TermQueries {
	const byRarity = terms
		.filter(({ lexemes }) => lexemes.length > 0)
		.map(({ lexemes }) => ({
			query: anyOf(lexemes),
			documents: Math.max(...lexemes.map(({ documents }) => documents)),
		}))
		.sort((a, b) => a.documents - b.documents);
	let documentsSoFar = 0;
	const rare = byRarity.filter(({ documents }) => {
		documentsSoFar += documents;
		return documentsSoFar <= maxCandidates;
	});
	const common = byRarity.slice(rare.length);
	const paired = common.slice(0, -1).map(({ query }, at) => {
		const commoner = common.slice(at + 1).map((each) => each.query);
		return `(${query} & (${commoner.join(" | ")}))`;
	});
	const either = [
		...rare.map(({ query }) => query),
		...(common.length === 1 ? common.map(({ query }) => query) : paired),
	];
	return {
		allTermsFirst: common.length > 0 ? byRarity.map(({ query }) => query).join(" & ") : null,
		rareOrPairedTerms: either.length > 0 ? either.join(" | ") : null,
	};
}

/** Makes a tsquery of documents with any of a term's lexemes. */
export const anyOf = (lexemes: KnownLexeme[]) => `(${lexemes.map(({ lexeme }) => quoteLexeme(lexeme)).join(" | ")})`;
