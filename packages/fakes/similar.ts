import { hashDistance } from "#core/items/fingerprint.ts";
import { shownWords } from "#core/items/shown-words.ts";
import {
	candidateBits,
	maxCandidates,
	rrfK,
	type SearchSettings,
	type Similar,
	type SimilarItem,
} from "#core/ports/index.ts";
import { duplicatePairs } from "#core/search/duplicate-pairs.ts";
import { isNearDuplicate } from "#core/search/near-duplicate.ts";
import { owned, ownedItems, type Store, type StoredItem } from "./store.ts";
import { cosineSimilarity } from "./vectors.ts";

export function fakeSimilar(store: Store): Similar {
	return {
		async toItem(userId, itemId, options) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const { model, topK, category, minSimilarity = -1 } = options;
			const vectorOf = ({ embeddings }: StoredItem) => embeddings.get(model)?.vector ?? null;
			const vector = vectorOf(stored);
			const others = othersOf(store, userId, stored);
			const nearDuplicates = new Set(nearDuplicatesOf(stored, others));
			const candidates = others
				.map((candidate): SimilarItem => {
					const candidateVector = vectorOf(candidate);
					return {
						itemId: candidate.item.id,
						mimeType: candidate.item.mimeType,
						similarity: vector && candidateVector && cosineSimilarity(vector, candidateVector),
						distance: distanceOf(stored, candidate),
						nearDuplicate: nearDuplicates.has(candidate),
						category: shownWords(candidate.item, candidate.analysis).category,
						headline: candidate.document?.headline ?? null,
						summary: candidate.document?.summary ?? null,
						analysisId: candidate.analysis?.id ?? null,
						placeholder: candidate.item.placeholder,
						width: candidate.item.width,
						height: candidate.item.height,
					};
				})
				.filter(
					(candidate) =>
						(candidate.nearDuplicate || candidate.similarity !== null) &&
						(!category || candidate.category?.toLowerCase() === category.toLowerCase()) &&
						(candidate.similarity === null || candidate.similarity >= minSimilarity),
				);
			return {
				compared: {
					byVector: vector !== null,
					byHash: stored.fingerprint !== null,
				},
				items: candidates.sort(byNearDuplicateThenSimilarity).slice(0, topK),
			};
		},

		async duplicatesOf(userId, itemIds) {
			const pairs = itemIds.flatMap((id) => {
				const stored = owned(store, userId, id);
				if (!stored || stored.item.trashedAt) return [];
				return nearDuplicatesOf(stored, othersOf(store, userId, stored)).map(({ item }) => [id, item.id].sort().join());
			});
			return [...new Set(pairs)].map((pair) => pair.split(",") as [string, string]);
		},

		async pairs(userId, itemIds) {
			const found = itemIds.flatMap((itemId) => owned(store, userId, itemId) ?? []);
			return duplicatePairs(
				found.flatMap((stored) =>
					stored.fingerprint && !stored.item.trashedAt
						? [{ id: stored.item.id, hashes: stored.fingerprint, ...pictureOf(stored) }]
						: [],
				),
			);
		},
	};
}

/** Counts items in memory. There are no statement parameters and no indexes to report. */
export function fakeSearchSettings(store: Store): SearchSettings {
	return {
		async read(userId) {
			const items = ownedItems(store, userId);
			const embeddings: Record<string, number> = {};
			for (const model of items.flatMap(({ embeddings }) => [...embeddings.keys()])) {
				embeddings[model] = (embeddings[model] ?? 0) + 1;
			}
			return {
				parameters: { rrfK },
				database: { version: "fake", extensions: {}, indexes: [] },
				counts: {
					items: items.length,
					documents: items.filter(({ document }) => document).length,
					embeddings,
				},
			};
		},
	};
}

/** Near-duplicates come first, those with the nearest hashes before others. */
function byNearDuplicateThenSimilarity(a: SimilarItem, b: SimilarItem): number {
	const distanceOf = ({ nearDuplicate, distance }: SimilarItem) => (nearDuplicate ? (distance ?? 0) : 64);
	return (
		Number(b.nearDuplicate) - Number(a.nearDuplicate) ||
		distanceOf(a) - distanceOf(b) ||
		(b.similarity ?? -1) - (a.similarity ?? -1)
	);
}

const othersOf = (store: Store, userId: string, stored: StoredItem) =>
	ownedItems(store, userId).filter((candidate) => candidate !== stored && !candidate.item.trashedAt);

const nearDuplicatesOf = (stored: StoredItem, others: StoredItem[]): StoredItem[] =>
	others
		.map((candidate) => ({ candidate, distance: distanceOf(stored, candidate) ?? Number.POSITIVE_INFINITY }))
		.filter(({ distance }) => distance <= candidateBits)
		.sort((a, b) => a.distance - b.distance)
		.slice(0, maxCandidates)
		.filter(({ candidate, distance }) => isNearDuplicate(pictureOf(stored), pictureOf(candidate), distance))
		.map(({ candidate }) => candidate);

const pictureOf = ({ fingerprint, document }: StoredItem) => ({
	luma: fingerprint?.luma ?? null,
	extractedText: document?.extractedText ?? null,
});

function distanceOf({ fingerprint: a }: StoredItem, { fingerprint: b }: StoredItem): number | null {
	return a && b && hashDistance(a, b);
}
