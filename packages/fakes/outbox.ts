import type { Outbox } from "#core/ports/index.ts";
import { owned, type Store } from "./store.ts";

export function fakeOutbox(store: Store): Outbox {
	return {
		async unsent(filter) {
			if ("userId" in filter) {
				const stored = owned(store, filter.userId, filter.itemId);
				return structuredClone((stored?.outbox ?? []).map(({ event }) => event));
			}
			return structuredClone(
				[...store.items.values()]
					.flatMap(({ outbox }) => outbox)
					.filter(({ at }) => at <= store.now() - filter.olderThanSeconds * 1000)
					.sort((a, b) => a.at - b.at)
					.slice(0, filter.limit)
					.map(({ event }) => event),
			);
		},

		async markSent(ids) {
			for (const stored of store.items.values()) {
				stored.outbox = stored.outbox.filter(({ event }) => !ids.includes(event.id));
			}
		},
	};
}
