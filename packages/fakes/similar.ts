import {
	nearDuplicateBits,
	type SearchSettings,
	type Similar,
	type SimilarItem,
} from "#core/ports/index.ts";
import { owned, ownedItems, type Store, type StoredItem } from "./store.ts";

export function fakeSimilar(store: Store): Similar {
	return {
		async toItem(userId, itemId, options) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const { model, topK, category, minSimilarity = -1 } = options;
			const vectorOf = ({ embeddings }: StoredItem) =>
				embeddings.get(model)?.vector ?? null;
			const found = ownedItems(store, userId)
				.filter((other) => other !== stored)
				.map((other): SimilarItem => {
					const distance = bitsBetween(
						stored.item.perceptualHash,
						other.item.perceptualHash,
					);
					return {
						itemId: other.item.id,
						mimeType: other.item.mimeType,
						similarity: cosine(vectorOf(stored), vectorOf(other)),
						distance,
						nearDuplicate: distance !== null && distance <= nearDuplicateBits,
						category: other.analysis?.description.category ?? null,
						headline: other.document?.headline ?? null,
						summary: other.document?.summary ?? null,
						analysisId: other.analysis?.id ?? null,
					};
				})
				.filter(
					(other) =>
						(other.nearDuplicate || other.similarity !== null) &&
						(!category || other.category === category) &&
						(other.similarity === null || other.similarity >= minSimilarity),
				);
			return {
				compared: {
					byVector: vectorOf(stored) !== null,
					byHash: stored.item.perceptualHash !== null,
				},
				items: found.sort(byNearDuplicateThenSimilarity).slice(0, topK),
			};
		},
	};
}

/** The store searches without parameters or indexes. */
export function fakeSearchSettings(store: Store): SearchSettings {
	return {
		async read(userId) {
			const items = ownedItems(store, userId);
			const embeddings: Record<string, number> = {};
			for (const model of items.flatMap((one) => [...one.embeddings.keys()])) {
				embeddings[model] = (embeddings[model] ?? 0) + 1;
			}
			return {
				parameters: { rrfK: 15 },
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

function byNearDuplicateThenSimilarity(
	one: SimilarItem,
	other: SimilarItem,
): number {
	const distance = (of: SimilarItem) =>
		of.nearDuplicate ? (of.distance ?? 0) : nearDuplicateBits + 1;
	return (
		distance(one) - distance(other) ||
		(other.similarity ?? -2) - (one.similarity ?? -2) ||
		(one.itemId < other.itemId ? -1 : 1)
	);
}

function bitsBetween(one: string | null, other: string | null): number | null {
	if (one === null || other === null) return null;
	const differing = BigInt(`0x${one}`) ^ BigInt(`0x${other}`);
	return differing.toString(2).replaceAll("0", "").length;
}

function cosine(
	one: Float32Array | null,
	other: Float32Array | null,
): number | null {
	if (!one || !other) return null;
	const dot = (a: Float32Array, b: Float32Array) =>
		a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
	return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}
