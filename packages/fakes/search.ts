import { shownWords } from "#core/items/shown-words.ts";
import type { Hit, MatchedWord, Search, SearchOptions } from "#core/ports/index.ts";
import { isMeant } from "./item-lists.ts";
import { ownedItems, type Store, type StoredItem } from "./store.ts";
import { cosineSimilarity } from "./vectors.ts";

/**
 * Finds items by whole words and by cosine similarity, so that use cases have hits. Only PostgreSQL has ranking, stems and
 * the answerability threshold of words, so their contract runs there alone.
 */
export function fakeSearch(store: Store): Search {
	const byText: Search["byText"] = async (userId, { text, minScore, prefix = false }, options) => {
		const words = [...new Set(wordsOf(text))];
		return best(store, userId, options, (stored) => {
			const matched = matchedWords(stored, words, prefix);
			const found = new Set(matched.map(({ word }) => word)).size;
			const score = (0.9 * found) / words.length; // below 1, as in the database
			if (found === 0 || score < (minScore ?? 0)) return null;
			const snippet = stored.document?.summary || stored.document?.headline;
			return {
				score,
				textScore: score,
				matched,
				...(options.explain && { snippet }),
			};
		}).map((hit, index) => ({ ...hit, textRank: index + 1 }));
	};

	const byVector: Search["byVector"] = async (userId, query, options) => {
		const { model, vector, minSimilarity, answerabilityThreshold = 0 } = query;
		const hits = best(store, userId, options, ({ embeddings }) => {
			const embedding = embeddings.get(model);
			if (!embedding) return null;
			const similarity = cosineSimilarity(vector, embedding.vector);
			const threshold = minSimilarity ?? answerabilityThreshold;
			return similarity < threshold ? null : { score: similarity, similarity };
		});
		return hits.map((hit, index) => ({ ...hit, vectorRank: index + 1 }));
	};

	return {
		byText,
		byVector,
		async hybrid(userId, { text, vector, weights }, options) {
			const { topK, offset = 0 } = options;
			const all = { ...options, topK: topK + offset, offset: 0 };
			const textHits = await byText(userId, text, all);
			const vectorHits = await byVector(userId, vector, all);
			const ids = [...textHits, ...vectorHits].map(({ itemId }) => itemId);
			return [...new Set(ids)]
				.flatMap((id) => {
					const byId = ({ itemId }: Hit) => itemId === id;
					const textHit = textHits.find(byId);
					const vectorHit = vectorHits.find(byId);
					const textShare = weights.text * (textHit?.score ?? 0);
					const vectorShare = weights.vector * (vectorHit?.score ?? 0);
					const hit = textHit ?? vectorHit;
					if (!hit) return [];
					return {
						...hit,
						score: textShare + vectorShare,
						textRank: textHit?.textRank ?? null,
						textScore: textHit?.textScore ?? null,
						textShare,
						vectorRank: vectorHit?.vectorRank ?? null,
						similarity: vectorHit?.similarity ?? null,
						vectorShare,
						matched: textHit?.matched ?? [],
					};
				})
				.sort(byScore)
				.slice(offset, offset + topK);
		},
	};
}

function best(
	store: Store,
	userId: string,
	{ topK, offset = 0, category, filter = {} }: SearchOptions,
	match: (stored: StoredItem) => (Partial<Hit> & { score: number }) | null,
): Hit[] {
	return ownedItems(store, userId)
		.flatMap((stored) => {
			const { item, analysis, document } = stored;
			if (!isMeant(store, stored, filter)) return [];
			const matched = match(stored);
			if (!analysis || !document || !matched) return [];
			if (category && shownWords(item, analysis).category.toLowerCase() !== category.toLowerCase()) return [];
			return {
				itemId: item.id,
				mimeType: item.mimeType,
				category: shownWords(item, analysis).category,
				headline: document.headline,
				summary: document.summary,
				analysisId: analysis.id,
				placeholder: item.placeholder,
				width: item.width,
				height: item.height,
				...matched,
			};
		})
		.sort(byScore)
		.slice(offset, offset + topK);
}

function matchedWords({ document }: StoredItem, words: string[], prefix: boolean): MatchedWord[] {
	if (!document) return [];
	const { headline, note, labels, extractedText } = document;
	// As in the database, a word of the note counts as one of the summary.
	const summary = `${document.summary}\n${note}`;
	const fields = { headline, summary, labels, extracted_text: extractedText };
	return Object.entries(fields).flatMap(([field, text]) => {
		const fieldWords = wordsOf(text);
		return words
			.filter((word) =>
				fieldWords.some((each) => each === word || (prefix && word === words.at(-1) && each.startsWith(word))),
			)
			.map((word) => ({ word, field: field as MatchedWord["field"] }));
	});
}

const byScore = (a: Hit, b: Hit): number => b.score - a.score || (a.itemId < b.itemId ? -1 : 1);

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
