import { cleanTag, maxTags, tagKey } from "#core/items/tag-names.ts";
import type { Tags } from "#core/ports/index.ts";
import { followText, spelling } from "./edits.ts";
import { owned, ownedItems, type Store, type StoredItem } from "./store.ts";

export function fakeTags(store: Store): Tags {
	const hasTag = (key: string) => (stored: StoredItem) => stored.tags.some(({ name }) => tagKey(name) === key);
	const takeOff = (stored: StoredItem, key: string) => {
		stored.removedTags.add(key);
		stored.tags = stored.tags.filter(({ name }) => tagKey(name) !== key);
	};
	const listAll = (userId: string) => {
		const counts = new Map<string, { name: string; items: number; source: string }>();
		for (const { tags } of ownedItems(store, userId).filter(
			({ item }) => item.status !== "pending" && !item.trashedAt,
		)) {
			for (const { name, source } of tags) {
				const known = counts.get(tagKey(name));
				const shown = known?.source === "person" ? known : { name, source };
				counts.set(tagKey(name), { ...shown, items: (known?.items ?? 0) + 1 });
			}
		}
		return [...counts]
			.sort(([a, { items: ofA }], [b, { items: ofB }]) => ofB - ofA || (a < b ? -1 : 1))
			.map(([, { name, items }]) => ({ name, items }));
	};

	return {
		async list(userId, { limit, offset = 0 }) {
			const all = listAll(userId);
			const tags = all.slice(offset, offset + limit);
			return { tags, total: tags.length > 0 ? all.length : 0 };
		},

		async rename(userId, name, newName) {
			const [from, to] = [tagKey(name), tagKey(newName)];
			const tagged = ownedItems(store, userId).filter(hasTag(from));
			if (tagged.length === 0) return null;
			for (const stored of tagged) {
				const spelled = from === to ? cleanTag(newName) : spelling(store, stored, cleanTag(newName));
				const hasBoth = from !== to && hasTag(to)(stored);
				stored.tags = stored.tags.flatMap((tag) => {
					const key = tagKey(tag.name);
					if (key === from) return hasBoth ? [] : { name: spelled, source: "person" as const };
					return key === to ? { ...tag, source: "person" as const } : tag;
				});
				if (from === to) continue;
				stored.removedTags.add(from);
				stored.removedTags.delete(to);
				followText(store, stored);
			}
			return listAll(userId).find((tag) => tagKey(tag.name) === to) ?? null;
		},

		async delete(userId, name) {
			const tagged = ownedItems(store, userId).filter(hasTag(tagKey(name)));
			for (const stored of tagged) {
				takeOff(stored, tagKey(name));
				followText(store, stored);
			}
			return tagged.length > 0;
		},

		async add(userId, itemIds, names) {
			const found = itemIds.flatMap((itemId) => owned(store, userId, itemId) ?? []);
			const keys = new Set(names.map(tagKey));
			const isFull = ({ tags }: StoredItem) =>
				tags.filter(({ name }) => !keys.has(tagKey(name))).length + keys.size > maxTags;
			const tagged = found.filter((stored) => !isFull(stored));
			for (const stored of tagged) {
				for (const name of names) {
					stored.removedTags.delete(tagKey(name));
					const known = stored.tags.find((tag) => tagKey(tag.name) === tagKey(name));
					if (known) known.source = "person";
					else stored.tags.push({ name: spelling(store, stored, cleanTag(name)), source: "person" });
				}
				followText(store, stored);
			}
			return {
				tagged: tagged.map(({ item }) => item.id),
				full: found.filter(isFull).map(({ item }) => item.id),
			};
		},

		async remove(userId, itemIds, names) {
			const found = itemIds.flatMap((itemId) => owned(store, userId, itemId) ?? []);
			for (const stored of found) {
				for (const name of names) takeOff(stored, tagKey(name));
				followText(store, stored);
			}
			return found.map(({ item }) => item.id);
		},
	};
}
