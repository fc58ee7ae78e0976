import { cleanTag, tagKey } from "#core/items/tag-names.ts";
import type { Tags } from "#core/ports/index.ts";
import { followText, spelling } from "./edits.ts";
import { ownedItems, type Store, type StoredItem } from "./store.ts";

export function fakeTags(store: Store): Tags {
	const hasTag = (key: string) => (stored: StoredItem) => stored.tags.some(({ name }) => tagKey(name) === key);
	const listAll = (userId: string, ownFirst = false) => {
		const counts = new Map<string, { name: string; items: number; source: "person" | "model" }>();
		const later = (source: "person" | "model") => (ownFirst && source === "model" ? 1 : 0);
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
			.sort(([a, ofA], [b, ofB]) => later(ofA.source) - later(ofB.source) || ofB.items - ofA.items || (a < b ? -1 : 1))
			.map(([, { name, items }]) => ({ name, items }));
	};

	return {
		async list(userId, { limit, offset = 0, ownFirst }) {
			const all = listAll(userId, ownFirst);
			return { tags: all.slice(offset, offset + limit), total: all.length };
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
			return listAll(userId).find((tag) => tagKey(tag.name) === to) ?? { name: cleanTag(newName), items: 0 };
		},

		async delete(userId, name) {
			const key = tagKey(name);
			const tagged = ownedItems(store, userId).filter(hasTag(key));
			for (const stored of tagged) {
				stored.removedTags.add(key);
				stored.tags = stored.tags.filter((tag) => tagKey(tag.name) !== key);
				followText(store, stored);
			}
			return tagged.length > 0;
		},
	};
}
