import { nearDuplicateBits, rrfK, type SearchSettings, type Similar, type SimilarItem } from "#core/ports/index.ts";
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
			const candidates = ownedItems(store, userId)
				.filter((candidate) => candidate !== stored)
				.map((candidate): SimilarItem => {
					const candidateVector = vectorOf(candidate);
					const distance = differingBits(stored.item.perceptualHash, candidate.item.perceptualHash);
					return {
						itemId: candidate.item.id,
						mimeType: candidate.item.mimeType,
						similarity: vector && candidateVector && cosineSimilarity(vector, candidateVector),
						distance,
						nearDuplicate: distance !== null && distance <= nearDuplicateBits,
						category: candidate.analysis?.description.category ?? null,
						headline: candidate.document?.headline ?? null,
						summary: candidate.document?.summary ?? null,
						analysisId: candidate.analysis?.id ?? null,
					};
				})
				.filter(
					(candidate) =>
						(candidate.nearDuplicate || candidate.similarity !== null) &&
						(!category || candidate.category === category) &&
						(candidate.similarity === null || candidate.similarity >= minSimilarity),
				);
			return {
				compared: {
					byVector: vector !== null,
					byHash: stored.item.perceptualHash !== null,
				},
				items: candidates.sort(byNearDuplicateThenSimilarity).slice(0, topK),
			};
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

function byNearDuplicateThenSimilarity(a: SimilarItem, b: SimilarItem): number {
	return Number(b.nearDuplicate) - Number(a.nearDuplicate) || (b.similarity ?? -1) - (a.similarity ?? -1);
}

function differingBits(a: string | null, b: string | null): number | null {
	if (a === null || b === null) return null;
	const difference = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
	return difference.toString(2).replaceAll("0", "").length;
}
