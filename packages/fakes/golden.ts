import type { GoldenEntry } from "#core/items/golden-entry.ts";
import type { Golden } from "#core/ports/index.ts";
import { ownedItems, type Store, type StoredItem } from "./store.ts";

export function fakeGolden(store: Store): Golden {
	/** By item; one that was deleted is not looked up any more. */
	const entries = new Map<string, GoldenEntry>();
	const reviewable = (userId: string) => ownedItems(store, userId).filter(({ analysis }) => analysis);
	const isReviewed = ({ item }: StoredItem) => entries.has(item.id);
	return {
		async list(userId, { mode, limit, offset }) {
			const all = reviewable(userId)
				.filter((stored) => mode === "all" || isReviewed(stored) === (mode === "reviewed"))
				.sort(({ item: a }, { item: b }) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
			const items = all.slice(offset, offset + limit).map((stored) => ({
				item: stored.item,
				analyses: stored.analyses.toSorted((a, b) => b.version - a.version),
				hasGolden: isReviewed(stored),
			}));
			return structuredClone({ items, total: all.length });
		},
		async count(userId) {
			const all = reviewable(userId);
			return { items: all.length, reviewed: all.filter(isReviewed).length };
		},
		async find(userId, itemId) {
			const isOwned = reviewable(userId).some(({ item }) => item.id === itemId);
			return structuredClone((isOwned && entries.get(itemId)) || null);
		},
		async save(userId, entry) {
			const isOwned = reviewable(userId).some(({ item }) => item.id === entry.itemId);
			if (isOwned) entries.set(entry.itemId, structuredClone(entry));
			return isOwned;
		},
	};
}
