import type { Analyses } from "#core/ports/index.ts";
import { owned, ownedItems, type Store } from "./store.ts";

export function fakeAnalyses(store: Store): Analyses {
	return {
		async find(userId, analysisId) {
			const found = ownedItems(store, userId)
				.flatMap(({ analyses }) => analyses)
				.find(({ id }) => id === analysisId);
			return structuredClone(found ?? null);
		},
		async findAll(userId, analysisIds) {
			return structuredClone(
				ownedItems(store, userId)
					.flatMap(({ analyses }) => analyses)
					.filter(({ id }) => analysisIds.includes(id)),
			);
		},
		async listByItem(userId, itemId) {
			return structuredClone(owned(store, userId, itemId)?.analyses ?? null);
		},
		async latestVersion(userId, itemId) {
			return owned(store, userId, itemId)?.analyses[0]?.version ?? 0;
		},
	};
}
