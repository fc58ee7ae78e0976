import { randomUUID } from "node:crypto";
import type { VectorIndex } from "#core/ports/index.ts";
import { ownedItems, pendingRequest, pendingState, type Store } from "./store.ts";

export function fakeVectorIndex(store: Store): VectorIndex {
	const countPending = (userId: string) =>
		ownedItems(store, userId).filter((stored) => pendingRequest(stored, { kind: "embed", provider: null, model: null }))
			.length;

	return {
		async status(userId, model) {
			const items = ownedItems(store, userId).filter(({ analysis }) => analysis);
			const embedded = items.filter(({ embeddings }) => embeddings.has(model));
			const missing = items.filter(({ embeddings }) => embeddings.size === 0);
			return {
				items: items.length,
				embedded: embedded.length,
				missing: missing.length,
				stale: items.length - embedded.length - missing.length,
				rebuilding: countPending(userId),
			};
		},

		async requestRebuild(userId, model, { force }) {
			for (const stored of ownedItems(store, userId)) {
				if (!stored.analysis) continue;
				if (stored.embeddings.has(model) && !force) continue;
				const work = { kind: "embed", provider: null, model: null } as const;
				if (pendingRequest(stored, work)) continue;
				const now = store.now();
				stored.requests.push({
					request: {
						...work,
						id: randomUUID(),
						itemId: stored.item.id,
						userId,
						...pendingState(now),
					},
					attempts: 0,
					touchedAt: now,
					sweptAt: null,
					deferredUntil: null,
				});
			}
			return countPending(userId);
		},
	};
}
