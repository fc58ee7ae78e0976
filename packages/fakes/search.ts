import { embeddingText } from "#core/analysis.ts";
import type {
	Hit,
	Search,
	SearchOptions,
	TextQuery,
	VectorQuery,
} from "#core/ports.ts";
import { ownedItems, type Store, type StoredItem } from "./store.ts";

const rrfK = 15;
const fusionDepth = 50;

/**
 * Search over whole words without accents; every word counts the same and there are no stems. Scores have the
 * ranges of the real one: above 0.5 every word is there.
 */
export function fakeSearch(store: Store): Search {
	function byText(
		userId: string,
		{ text, minScore = 0 }: TextQuery,
		options: SearchOptions,
	): Hit[] {
		const asked = [...new Set(wordsOf(text))];
		if (asked.length === 0) return [];
		return best(store, userId, options, ({ document }) => {
			if (!document) return null;
			const there = new Set(wordsOf(embeddingText(document)));
			const coverage =
				asked.filter((word) => there.has(word)).length / asked.length;
			const headline = new Set(wordsOf(document.headline));
			const stress =
				asked.filter((word) => headline.has(word)).length / asked.length;
			const score =
				coverage === 1 ? 0.75 + stress / 5 : coverage * 0.4 + stress / 20;
			return coverage > 0 && score >= minScore ? score : null;
		});
	}

	function byVector(
		userId: string,
		{ model, vector, minSimilarity = -1 }: VectorQuery,
		options: SearchOptions,
	): Hit[] {
		return best(store, userId, options, ({ embeddings }) => {
			const embedding = embeddings.get(model);
			if (!embedding) return null;
			const similarity = cosine(vector, embedding.vector);
			return similarity >= minSimilarity ? similarity : null;
		});
	}

	return {
		byText: async (...asked) => byText(...asked),
		byVector: async (...asked) => byVector(...asked),
		async hybrid(userId, { text, vector, weights }, options) {
			const depth = { ...options, topK: fusionDepth };
			const fused = new Map<string, Hit>();
			const add = (hits: Hit[], weight: number, leg: keyof Hit) => {
				for (const [index, hit] of hits.entries()) {
					const none = { ...hit, score: 0, textRank: null, vectorRank: null };
					const known = fused.get(hit.itemId) ?? none;
					fused.set(hit.itemId, {
						...known,
						[leg]: index + 1,
						score: known.score + weight / (rrfK + index + 1),
					});
				}
			};
			add(byText(userId, text, depth), weights.text, "textRank");
			add(byVector(userId, vector, depth), weights.vector, "vectorRank");
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
