import { tooManyPending } from "#core/errors.ts";
import { type Item, unedited } from "#core/items/item.ts";
import { shownWords } from "#core/items/shown-words.ts";
import type { Items } from "#core/ports/index.ts";
import { fakeItemLists } from "./item-lists.ts";
import { inTurns, owned, ownedItems, type Store, type StoredItem, withAnalysis } from "./store.ts";

export function fakeItems(store: Store): Items {
	const setUploaded = (stored: StoredItem) => {
		stored.item.status = "uploaded";
		stored.stageAt = store.now();
		stored.sweptAt = null;
		stored.item.updatedAt = new Date(store.now());
	};

	return {
		async create(added, { maxPending = Number.POSITIVE_INFINITY } = {}) {
			const duplicate = ownedItems(store, added.userId).find(
				({ item }) => item.id === added.id || (item.sha256 !== null && item.sha256 === added.sha256),
			);
			if (duplicate) return { item: structuredClone(duplicate.item), created: false };
			const pending = ownedItems(store, added.userId).filter(({ item }) => item.status === "pending");
			if (pending.length >= maxPending) throw tooManyPending(maxPending);
			if (store.items.has(added.id)) {
				throw new Error(`The id ${added.id} is in use by an item of another user.`);
			}
			const now = store.now();
			const item: Item = {
				...added,
				status: "pending",
				error: null,
				width: null,
				height: null,
				takenAt: null,
				damaged: false,
				camera: null,
				location: null,
				colours: [],
				perceptualHash: null,
				placeholder: null,
				trashedAt: null,
				...structuredClone(unedited),
				createdAt: new Date(now),
				updatedAt: new Date(now),
			};
			store.items.set(item.id, {
				item,
				analysis: null,
				fingerprint: null,
				lease: null,
				attempts: 0,
				usage: [],
				stageAt: now,
				sweptAt: null,
				arrivedAt: null,
				deferredUntil: null,
				analyses: [],
				document: null,
				embeddings: new Map(),
				outbox: [],
				requests: [],
				tags: [],
				removedTags: new Set(),
				fileTakenAt: null,
			});
			return { item: structuredClone(item), created: true };
		},

		async find(userId, itemId) {
			const stored = owned(store, userId, itemId);
			return stored && withAnalysis(stored);
		},

		async findAll(userId, itemIds) {
			return itemIds.flatMap((itemId) => owned(store, userId, itemId) ?? []).map(withAnalysis);
		},

		async existing(userId, itemIds) {
			return itemIds.filter((itemId) => owned(store, userId, itemId));
		},

		async listed(userId, itemIds) {
			return itemIds.filter((itemId) => owned(store, userId, itemId)?.item.trashedAt === null);
		},

		...fakeItemLists(store),

		async state(userId) {
			return JSON.stringify(ownedItems(store, userId).map(({ item, analysis, tags }) => [item, analysis?.id, tags]));
		},

		async categories(userId) {
			const counts = new Map<string, number>();
			for (const { item, analysis } of ownedItems(store, userId)) {
				const { category } = shownWords(item, analysis);
				if (!analysis || !category || item.trashedAt) continue;
				counts.set(category, (counts.get(category) ?? 0) + 1);
			}
			return [...counts]
				.map(([category, items]) => ({ category, items }))
				.sort((a, b) => b.items - a.items || (a.category < b.category ? -1 : 1))
				.slice(0, 100);
		},

		async reopen(userId, itemId, { mimeType, fileSize }) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const { item, lease } = stored;
			const isOpen = item.status === "pending" || item.status === "failed";
			if (!isOpen || (lease && lease.expiresAt > store.now())) return null;
			const now = store.now();
			Object.assign(item, { mimeType, fileSize, status: "pending", error: null, updatedAt: new Date(now) });
			Object.assign(stored, {
				lease: null,
				attempts: 0,
				stageAt: now,
				sweptAt: null,
				arrivedAt: null,
				deferredUntil: null,
			});
			return structuredClone(item);
		},

		async markUploaded(userId, itemId) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const { item } = stored;
			if (item.status === "pending") setUploaded(stored);
			return structuredClone(item);
		},

		async restart(userId, itemId) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const { item } = stored;
			if (item.status === "failed") {
				stored.attempts = 0;
				item.error = null;
				setUploaded(stored);
			}
			return structuredClone(item);
		},

		async trash(userId, itemId) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const { item } = stored;
			if (!item.trashedAt) item.updatedAt = item.trashedAt = new Date(store.now());
			return structuredClone(item);
		},

		async restore(userId, itemId) {
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const { item } = stored;
			if (item.trashedAt) item.updatedAt = new Date(store.now());
			item.trashedAt = null;
			return structuredClone(item);
		},

		async trashedBefore(time, limit) {
			const expired = [...store.items.values()].flatMap(({ item: { userId, id: itemId, trashedAt } }) =>
				trashedAt && trashedAt < time ? [{ userId, itemId, touchedAt: trashedAt.getTime() }] : [],
			);
			return inTurns(expired, (each) => each)
				.slice(0, limit)
				.map(({ userId, itemId }) => ({ userId, itemId }));
		},

		async delete(userId, itemId, { trashedBefore } = {}) {
			const stored = owned(store, userId, itemId);
			if (!stored) return false;
			const { trashedAt } = stored.item;
			if (trashedBefore && !(trashedAt && trashedAt < trashedBefore)) return false;
			store.items.delete(itemId);
			store.tombstones.set(itemId, { userId, itemId, at: store.now(), sweptAt: null });
			store.redactions.set(itemId, { userId, itemId, dueAt: store.now() + 60_000 });
			return true;
		},
	};
}
