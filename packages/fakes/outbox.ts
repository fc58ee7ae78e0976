import type { Outbox } from "#core/ports/index.ts";
import { inTurns, owned, type Store } from "./store.ts";

export function fakeOutbox(store: Store): Outbox {
	return {
		async unsent(filter) {
			if ("userId" in filter) {
				const stored = owned(store, filter.userId, filter.itemId);
				return structuredClone((stored?.outbox ?? []).map(({ event }) => event));
			}
			const due = [...store.items.values()]
				.flatMap(({ item, outbox }) => outbox.map((unsent) => ({ ...unsent, userId: item.userId })))
				.filter(({ at }) => at <= store.now() - filter.olderThanSeconds * 1000);
			const turns = inTurns(due, ({ userId, at }) => ({ userId, touchedAt: at }));
			return structuredClone(turns.slice(0, filter.limit).map(({ event }) => event));
		},

		async markSent(ids) {
			for (const stored of store.items.values()) {
				stored.outbox = stored.outbox.filter(({ event }) => !ids.includes(event.id));
			}
		},
	};
}
