import { cursorOfAnotherSort, unknownCursor } from "#core/errors.ts";
import { shownStatus } from "#core/items/item.ts";
import { shownWords } from "#core/items/shown-words.ts";
import { tagKey } from "#core/items/tag-names.ts";
import { localText } from "#core/items/taken-at.ts";
import { defaultOrders, type FacetValue, type ItemFilter, type ItemPage, type Items } from "#core/ports/index.ts";
import { levelsFrom } from "#core/verification/score.ts";
import { ownedItems, type Store, type StoredItem, withAnalysis } from "./store.ts";

/** Lists of a person's items. */
export function fakeItemLists(store: Store): Pick<Items, "list" | "listCompact" | "facets" | "count" | "ids"> {
	const meant = (userId: string, filter: ItemFilter) =>
		ownedItems(store, userId).filter((stored) => isMeant(store, stored, filter));

	function page(
		userId: string,
		{ limit, offset, cursor, sort = "created", order = defaultOrders[sort], ...filter }: ItemPage,
	) {
		const keyOf = sort === "position" ? placeIn(store, filter.album) : keys[sort];
		const all = meant(userId, filter).sort((a, b) => compared(keyOf(a), keyOf(b)) || compared(a.item.id, b.item.id));
		if (order === "desc") all.reverse();
		let start = offset;
		if (cursor !== undefined) {
			const [, ofSort = "", ofOrder = "", id] = /^after (\w+) (\w+) (.+)$/.exec(cursor) ?? [];
			if (!id) throw unknownCursor();
			if (ofSort !== sort || ofOrder !== order) {
				throw cursorOfAnotherSort({ sort: ofSort, order: ofOrder }, { sort, order });
			}
			start = all.findIndex(({ item }) => item.id === id) + 1;
		}
		const rows = all.slice(start, start + limit);
		const last = rows.at(-1);
		const hasMore = start + limit < all.length;
		return {
			rows,
			total: all.length,
			nextCursor: last && hasMore ? `after ${sort} ${order} ${last.item.id}` : null,
		};
	}

	return {
		async count(userId, filter) {
			return meant(userId, filter).length;
		},

		async list(userId, asked) {
			const { rows, ...found } = page(userId, asked);
			return { items: rows.map(withAnalysis), ...found };
		},

		async listCompact(userId, asked) {
			const { rows, ...found } = page(userId, asked);
			return { items: rows.map(compactItem), ...found };
		},

		async ids(userId, filter, limit) {
			const { rows } = page(userId, { ...filter, limit, offset: 0 });
			return rows.map(({ item }) => item.id);
		},

		async facets(userId, filter) {
			const items = meant(userId, filter);
			const months = counted(items.map((stored) => keys.taken(stored).slice(0, 7)));
			return {
				categories: counted(items.flatMap(({ item, analysis }) => shownWords(item, analysis).category ?? [])),
				tags: counted(items.flatMap(({ tags }) => tags.map(({ name }) => name))),
				months: months.sort((a, b) => compared(b.value, a.value)),
				statuses: counted(items.map(({ item }) => shownStatus(item))),
				providers: counted(items.flatMap(({ analysis }) => analysis?.providerUsed ?? [])),
			};
		},
	};
}

const compared = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const uploadedAt = ({ item }: StoredItem) => localText(item.createdAt);

/** Places as text that sorts like them. */
const placeIn =
	(store: Store, album = "") =>
	({ item }: StoredItem) =>
		String(store.albums.get(album)?.itemIds.indexOf(item.id)).padStart(10);

const keys = {
	created: ({ item }: StoredItem) => item.createdAt.toISOString(),
	taken: (stored: StoredItem) => stored.item.takenAt?.local ?? uploadedAt(stored),
	name: ({ item }: StoredItem) => item.originalFilename.toLowerCase(),
};

/** Tells whether an item is meant, as every list of the fakes does. */
export function isMeant(store: Store, stored: StoredItem, filter: ItemFilter): boolean {
	const { category, status, tags = [], favorite, album, provider, risk, ids, and } = filter;
	const { item, analysis } = stored;
	const has = new Set(stored.tags.map(({ name }) => tagKey(name)));
	const shown = shownStatus(item);
	const isHidden = shown === "trashed" || (shown === "pending" && !ids);
	return (
		(status ? shown === status : !isHidden) &&
		(category === undefined || shownWords(item, analysis).category?.toLowerCase() === category.toLowerCase()) &&
		(risk === undefined || levelsFrom(risk).some((level) => analysis?.verification?.riskLevel === level)) &&
		(provider === undefined || analysis?.providerUsed === provider) &&
		tags.every((tag) => has.has(tagKey(tag))) &&
		(album === undefined || Boolean(store.albums.get(album)?.itemIds.includes(item.id))) &&
		(favorite === undefined || item.favorite === favorite) &&
		(!ids || ids.includes(item.id)) &&
		isWithin(stored, filter) &&
		(!and || isMeant(store, stored, and))
	);
}

function isWithin(stored: StoredItem, { uploadedFrom, uploadedTo, dates = "shown", ...bounds }: ItemFilter): boolean {
	const { item } = stored;
	const isUndated = !item.takenAt && (uploadedFrom || uploadedTo);
	const { from, to } = isUndated ? { from: uploadedFrom, to: uploadedTo } : bounds;
	const taken = dates === "uploaded" ? null : item.takenAt;
	if (dates === "taken" && !taken) return from === undefined && to === undefined;
	const local = taken?.local ?? uploadedAt(stored);
	const instant = taken?.instant ?? item.createdAt;
	const isBefore = (bound: Date | string) => (typeof bound === "string" ? local < bound : instant < bound);
	return (from === undefined || !isBefore(from)) && (to === undefined || isBefore(to));
}

function compactItem({ item, analysis, document }: StoredItem) {
	const { id, userId, status, trashedAt, placeholder, width, height, takenAt, createdAt, favorite } = item;
	return structuredClone({
		...{ id, userId, status, trashedAt, placeholder, width, height, takenAt, createdAt, favorite },
		category: shownWords(item, analysis).category,
		headline: item.edits.headline ?? document?.headline ?? null,
	});
}

/** The most frequent first; values that differ in case alone are one. */
function counted(values: string[]): FacetValue[] {
	return [...Map.groupBy(values, (value) => value.toLowerCase()).values()]
		.map((same) => ({ value: same.toSorted()[0] ?? "", count: same.length }))
		.sort((a, b) => b.count - a.count || compared(a.value, b.value))
		.slice(0, 100);
}
