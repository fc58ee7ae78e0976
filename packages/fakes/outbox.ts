import type { Outbox } from "#core/ports/index.ts";
import { owned, type Store } from "./store.ts";

export function fakeOutbox(store: Store): Outbox {
	return {
		async unsent(of) {
			if ("userId" in of) {
				const stored = owned(store, of.userId, of.itemId);
				return structuredClone(
					(stored?.outbox ?? []).map(({ event }) => event),
				);
			}
			return structuredClone(
				[...store.items.values()]
					.flatMap(({ outbox }) => outbox)
					.filter(({ at }) => at <= store.now() - of.olderThanSeconds * 1000)
					.sort((one, other) => one.at - other.at)
					.slice(0, of.limit)
					.map(({ event }) => event),
			);
		},

		async markSent(ids) {
			for (const stored of store.items.values()) {
				stored.outbox = stored.outbox.filter(
					({ event }) => !ids.includes(event.id),
				);
			}
		},
	};
}
