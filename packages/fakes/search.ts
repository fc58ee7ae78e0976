import { embeddingText } from "#core/items/analysis.ts";
import type {
	Hit,
	MatchedWord,
	Search,
	SearchOptions,
	TextQuery,
	VectorQuery,
} from "#core/ports/index.ts";
import { ownedItems, type Store, type StoredItem } from "./store.ts";

const rrfK = 15;
const fusionDepth = 50;

/** As the real one has them: words that count, and of the gate. */
const maxWords = 32;
const minEvidence = 0.55;
const describedLabels = 40;

/**
 * Search over whole words without accents; every word counts the same and there are no stems. Scores have the
 * ranges of the real one: above 0.5 every word is there.
 */
export function fakeSearch(store: Store): Search {
	function byText(
		userId: string,
		{ text, minScore }: TextQuery,
		options: SearchOptions,
	): Hit[] {
		const asked = [...new Set(wordsOf(text))].slice(0, maxWords);
		if (asked.length === 0) return [];
		const shareIn = (there: Set<string>) =>
			asked.filter((word) => there.has(word)).length / asked.length;
		const everywhere = ownedItems(store, userId).flatMap(({ document }) =>
			document ? wordsOf(embeddingText(document)) : [],
		);
		const known = shareIn(new Set(everywhere));
		let answered = minScore !== undefined;
		const hits = best(
			store,
			userId,
			{ ...options, topK: fusionDepth },
			({ document }) => {
				if (!document) return null;
				const coverage = shareIn(new Set(wordsOf(embeddingText(document))));
				const stress = shareIn(new Set(wordsOf(document.headline)));
				const described = Math.min(
					1,
					wordsOf(document.labels).length / describedLabels,
				);
				answered ||= (coverage + known) / 2 >= minEvidence * described;
				const score =
					coverage === 1 ? 0.75 + stress / 5 : coverage * 0.4 + stress / 20;
				return coverage > 0 && score >= (minScore ?? 0) ? score : null;
			},
		);
		if (!answered) return [];
		return hits.slice(0, options.topK).map((hit, at) => ({
			...hit,
			textRank: at + 1,
			textScore: hit.score,
			matched: matchedIn(store, userId, hit, asked),
			...(options.explain && { snippet: hit.summary || hit.headline }),
		}));
	}

	function byVector(
		userId: string,
		{ model, vector, minSimilarity, answerabilityThreshold = 0 }: VectorQuery,
		options: SearchOptions,
	): Hit[] {
		const least = minSimilarity ?? answerabilityThreshold / 2;
		const hits = best(store, userId, options, ({ embeddings }) => {
			const embedding = embeddings.get(model);
			if (!embedding) return null;
			const similarity = cosine(vector, embedding.vector);
			return similarity >= least ? similarity : null;
		});
		if (
			minSimilarity === undefined &&
			(hits[0]?.score ?? 0) < answerabilityThreshold
		) {
			return [];
		}
		return hits.map((hit, at) => ({
			...hit,
			vectorRank: at + 1,
			similarity: hit.score,
		}));
	}

	return {
		byText: async (...asked) => byText(...asked),
		byVector: async (...asked) => byVector(...asked),
		async hybrid(userId, { text, vector, weights }, options) {
			const depth = { ...options, topK: fusionDepth };
			const asked = [...new Set(wordsOf(text.text))];
			const fused = new Map<string, Hit>();
			const add = (hits: Hit[], share: (at: number) => Partial<Hit>) => {
				for (const [at, hit] of hits.entries()) {
					const none = {
						textRank: null,
						textScore: null,
						textShare: 0,
						vectorRank: null,
						similarity: null,
						vectorShare: 0,
						matched: matchedIn(store, userId, hit, asked),
					};
					const known = fused.get(hit.itemId);
					fused.set(hit.itemId, { ...none, ...known, ...hit, ...share(at) });
				}
			};
			add(byText(userId, text, depth), (at) => ({
				textShare: weights.text / (rrfK + at + 1),
			}));
			add(byVector(userId, vector, depth), (at) => ({
				vectorShare: weights.vector / (rrfK + at + 1),
			}));
			for (const hit of fused.values()) {
				hit.score = (hit.textShare ?? 0) + (hit.vectorShare ?? 0);
			}
			return [...fused.values()].sort(byScore).slice(0, options.topK);
		},
	};
}

function best(
	store: Store,
	userId: string,
	{ topK, category }: SearchOptions,
	scoreOf: (stored: StoredItem) => number | null,
): Hit[] {
	return ownedItems(store, userId)
		.flatMap((stored) => {
			const { item, analysis } = stored;
			const score = scoreOf(stored);
			if (!analysis || score === null) return [];
			const { description } = analysis;
			if (category && description.category !== category) return [];
			return [
				{
					itemId: item.id,
					mimeType: item.mimeType,
					score,
					category: description.category,
					headline: stored.document?.headline ?? "",
					summary: stored.document?.summary ?? "",
					analysisId: analysis.id,
				},
			];
		})
		.sort(byScore)
		.slice(0, topK);
}

function matchedIn(
	store: Store,
	userId: string,
	{ itemId }: Hit,
	asked: string[],
): MatchedWord[] {
	const stored = ownedItems(store, userId).find(
		({ item }) => item.id === itemId,
	);
	if (!stored?.document) return [];
	const { headline, summary, labels, extractedText } = stored.document;
	return Object.entries({
		headline,
		summary,
		labels,
		extracted_text: extractedText,
	}).flatMap(([field, text]) => {
		const there = new Set(wordsOf(text));
		return asked
			.filter((word) => there.has(word))
			.map((word) => ({ word, field: field as MatchedWord["field"] }));
	});
}

function byScore(one: Hit, other: Hit): number {
	return other.score - one.score || (one.itemId < other.itemId ? -1 : 1);
}

/** Words too common to find anything by. */
const stopWords = new Set(["a", "an", "and", "in", "is", "of", "or", "the"]);

function wordsOf(text: string): string[] {
	const plain = text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
	return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).filter(
		(word) => !stopWords.has(word),
	);
}

function cosine(one: Float32Array, other: Float32Array): number {
	const dot = (a: Float32Array, b: Float32Array) =>
		a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
	return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}
