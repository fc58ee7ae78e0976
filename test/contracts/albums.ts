import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { SmartSearch } from "#core/albums/album.ts";
import type { AlbumFields, ItemPage } from "#core/ports/index.ts";
import { type ArrangedPorts, processedItem, readyItem, uploaded } from "./item-states.ts";
import { newItem, newUser } from "./new-rows.ts";

const search = (filters: SmartSearch["filters"]): SmartSearch => ({ query: null, search_type: "hybrid", filters });

/** Tests an implementation of `Albums`, and the filters of `Items` that albums use. */
export function albumsContract(get: () => ArrangedPorts): void {
	const create = (userId: string, fields: Partial<AlbumFields> = {}, maxAlbums = 20) =>
		get().albums.create(
			{ id: randomUUID(), userId, name: "Trip", description: null, coverItemId: null, smart: null, ...fields },
			{ maxAlbums },
		);
	const put = (userId: string, albumId: string, ids: string[], position?: number, maxItems = 100) =>
		get().albums.putItems(userId, albumId, ids, { maxItems, ...(position !== undefined && { position }) });
	const page = (userId: string, album: string, asked: Partial<ItemPage> = {}) =>
		get().items.listCompact(userId, { limit: 100, offset: 0, ...asked, album, sort: "position" });
	const order = async (userId: string, album: string, asked?: Partial<ItemPage>) =>
		(await page(userId, album, asked)).items.map(({ id }) => id);
	const images = async (userId: string, count: number) => {
		const ids: string[] = [];
		for (let at = 0; at < count; at++) ids.push((await processedItem(get(), userId)).id);
		return ids;
	};

	describe("an album", () => {
		it("is listed with its items' number and its cover, the newest first", async () => {
			const user = newUser();
			const [first = "", second = ""] = await images(user, 2);
			const album = await create(user, { name: "Ästhetik 🌄", description: "Two pictures" });
			const later = await create(user);
			await put(user, album.id, [first, second]);
			expect(await get().albums.find(user, album.id)).toMatchObject({
				album: { id: album.id, name: "Ästhetik 🌄", description: "Two pictures", smart: null },
				itemCount: 2,
				coverItemId: first,
			});
			const { albums, total } = await get().albums.list(user, { limit: 10, offset: 0 });
			expect(total).toBe(2);
			expect(albums.map(({ album: { id }, itemCount }) => [id, itemCount]).sort()).toEqual(
				[
					[later.id, 0],
					[album.id, 2],
				].sort(),
			);
			expect((await get().albums.list(user, { limit: 1, offset: 1 })).albums).toHaveLength(1);
		});

		it("keeps the order in which items were put, and moves them to a position", async () => {
			const user = newUser();
			const [a = "", b = "", c = "", d = ""] = await images(user, 4);
			const { id } = await create(user);
			await put(user, id, [c, a]);
			await put(user, id, [b, c]);
			expect(await order(user, id)).toEqual([c, a, b]);
			await put(user, id, [b, d], 0);
			expect(await order(user, id)).toEqual([b, d, c, a]);
			await put(user, id, [b], 2);
			expect(await order(user, id)).toEqual([d, c, b, a]);
			await put(user, id, [d], 99);
			expect(await order(user, id)).toEqual([c, b, a, d]);
			expect((await get().albums.find(user, id))?.coverItemId).toBe(c);
			await get().albums.removeItems(user, id, [c, a]);
			await put(user, id, [a, c], 1);
			expect(await order(user, id)).toEqual([b, a, c, d]);
		});

		it("is listed in its order page by page, both ways, without what the other filters leave out", async () => {
			const user = newUser();
			const [a = "", b = "", c = "", d = ""] = await images(user, 4);
			const { id } = await create(user);
			const { id: secondAlbum } = await create(user);
			await put(user, id, [c, a, d, b]);
			await put(user, secondAlbum, [a, b, c, d]);
			for (const direction of ["asc", "desc"] as const) {
				const all = direction === "asc" ? [c, a, d, b] : [b, d, a, c];
				expect(await order(user, id, { order: direction })).toEqual(all);
				const first = await page(user, id, { order: direction, limit: 3 });
				expect(first.total).toBe(4);
				const cursor = first.nextCursor ?? "";
				expect(await order(user, id, { order: direction, cursor })).toEqual(all.slice(3));
			}
			await get().edits.edit(user, d, { favorite: true });
			await get().edits.edit(user, c, { favorite: true });
			expect(await order(user, id, { favorite: true })).toEqual([c, d]);
			expect(await order(newUser(), id)).toEqual([]);
			const { nextCursor } = await page(user, id, { limit: 1 });
			const refused = get().items.listCompact(user, { limit: 1, offset: 0, cursor: nextCursor ?? "" });
			await expect(refused).rejects.toMatchObject({ message: expect.stringContaining("sort=position") });
		});

		it("loses an item that is removed or deleted, and its cover falls back to the first", async () => {
			const user = newUser();
			const [a = "", b = "", c = ""] = await images(user, 3);
			const { id } = await create(user, { coverItemId: c });
			await put(user, id, [a, b, c]);
			expect((await get().albums.find(user, id))?.coverItemId).toBe(c);
			await get().items.delete(user, c);
			expect(await get().albums.find(user, id)).toMatchObject({ itemCount: 2, coverItemId: a });
			await get().albums.removeItems(user, id, [a, randomUUID()]);
			expect(await get().albums.find(user, id)).toMatchObject({ itemCount: 1, coverItemId: b });
			expect(await get().items.find(user, a)).not.toBeNull();
		});

		it("shows no item that is in the trash, and shows it again once it is restored", async () => {
			const user = newUser();
			const [a = "", b = ""] = await images(user, 2);
			const { id } = await create(user, { coverItemId: a });
			await put(user, id, [a, b]);
			await get().items.trash(user, a);
			expect(await get().albums.find(user, id)).toMatchObject({ itemCount: 1, coverItemId: b });
			await get().items.restore(user, a);
			expect(await get().albums.find(user, id)).toMatchObject({ itemCount: 2, coverItemId: a });
		});

		it("leaves its items where it is deleted, and can be deleted once", async () => {
			const user = newUser();
			const [a = ""] = await images(user, 1);
			const { id } = await create(user);
			await put(user, id, [a]);
			expect(await get().albums.delete(user, id)).toBe(true);
			expect(await get().albums.delete(user, id)).toBe(false);
			expect(await get().albums.find(user, id)).toBeNull();
			expect(await get().items.find(user, a)).not.toBeNull();
		});

		it("leaves out ids that are no items of the user, and counts no upload that has not arrived", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const foreign = await uploaded(get(), stranger);
			const { item: pending } = await get().items.create(newItem(user));
			const { id } = await create(user);
			await put(user, id, [foreign.id, randomUUID(), pending.id]);
			expect(await get().albums.find(user, id)).toMatchObject({ itemCount: 0, coverItemId: null });
			await get().items.markUploaded(user, pending.id);
			expect((await get().albums.find(user, id))?.itemCount).toBe(1);
		});

		it("takes no more items than it may have, and nobody has more albums than allowed", async () => {
			const user = newUser();
			const [a = "", b = "", c = ""] = await images(user, 3);
			const { id } = await create(user, {}, 1);
			await put(user, id, [a, b], undefined, 2);
			await expect(put(user, id, [c], undefined, 2)).rejects.toMatchObject({ code: "album_full" });
			await put(user, id, [b], 0, 2);
			expect(await order(user, id)).toEqual([b, a]);
			await expect(create(user, {}, 1)).rejects.toMatchObject({ code: "too_many_albums" });
		});

		it("changes the given fields alone", async () => {
			const user = newUser();
			const { id } = await create(user, { description: "Before" });
			expect(await get().albums.update(user, id, { name: "Other" })).toMatchObject({
				name: "Other",
				description: "Before",
			});
			expect(await get().albums.update(user, id, { description: null })).toMatchObject({
				name: "Other",
				description: null,
			});
			expect(await get().albums.update(user, randomUUID(), { name: "None" })).toBeNull();
		});

		it("of another user is none, and another user's item no cover", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const [mine = ""] = await images(user, 1);
			const { id } = await create(user);
			await put(user, id, [mine]);
			const { albums, items } = get();
			expect(await albums.find(stranger, id)).toBeNull();
			expect(await albums.update(stranger, id, { name: "Taken" })).toBeNull();
			expect(await albums.delete(stranger, id)).toBe(false);
			await expect(put(stranger, id, [mine])).rejects.toMatchObject({ code: "album_not_found" });
			await expect(albums.removeItems(stranger, id, [mine])).rejects.toMatchObject({ code: "album_not_found" });
			expect(await albums.list(stranger, { limit: 10, offset: 0 })).toEqual({ albums: [], total: 0 });
			expect(await items.ids(stranger, { album: id }, 10)).toEqual([]);
			await expect(create(stranger, { coverItemId: mine })).rejects.toMatchObject({ code: "item_not_found" });
			expect(await albums.find(user, id)).toMatchObject({ album: { name: "Trip" }, itemCount: 1 });
		});
	});

	describe("a smart album", () => {
		it("keeps its search, and takes no items", async () => {
			const user = newUser();
			const [mine = ""] = await images(user, 1);
			const smart: SmartSearch = { query: "ramen", search_type: "bm25", filters: { category: "Food" } };
			const { id } = await create(user, { smart });
			expect((await get().albums.find(user, id))?.album.smart).toEqual(smart);
			await expect(put(user, id, [mine])).rejects.toMatchObject({ code: "album_is_smart" });
			await expect(get().albums.removeItems(user, id, [mine])).rejects.toMatchObject({ code: "album_is_smart" });
			expect((await get().albums.update(user, id, { smart: null }))?.smart).toBeNull();
			await put(user, id, [mine]);
			await expect(get().albums.update(user, id, { smart })).rejects.toMatchObject({ code: "album_has_items" });
		});

		it("is never in itself, neither directly nor by way of others", async () => {
			const user = newUser();
			const a = await create(user, { smart: search({}) });
			const b = await create(user, { smart: search({ album: a.id }) });
			const c = await create(user, { smart: search({ album: b.id }) });
			for (const album of [a.id, b.id, c.id]) {
				await expect(get().albums.update(user, a.id, { smart: search({ album }) })).rejects.toMatchObject({
					code: "album_in_itself",
				});
			}
			expect((await get().albums.find(user, a.id))?.album.smart).toEqual(search({}));
			await get().albums.update(user, c.id, { smart: search({ album: a.id }) });
		});

		it("is in no chain of more than ten, at whichever end the chain grows", async () => {
			const user = newUser();
			const chain = [await create(user, { smart: search({}) })];
			while (chain.length < 10) chain.push(await create(user, { smart: search({ album: chain.at(-1)?.id }) }));
			const tooDeep = { code: "album_nested_too_deep" };
			await expect(create(user, { smart: search({ album: chain.at(-1)?.id }) })).rejects.toMatchObject(tooDeep);
			const bottom = await create(user);
			const update = get().albums.update(user, chain[0]?.id ?? "", { smart: search({ album: bottom.id }) });
			await expect(update).rejects.toMatchObject(tooDeep);
			// Beside the chain there is room.
			await create(user, { smart: search({ album: chain.at(-2)?.id }) });
		});

		it("names no album that there is not, and none of another user", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const foreign = await create(stranger);
			const own = await create(user, { smart: search({}) });
			for (const album of [foreign.id, randomUUID()]) {
				const smart = search({ album });
				await expect(create(user, { smart })).rejects.toMatchObject({ code: "album_not_found" });
				await expect(get().albums.update(user, own.id, { smart })).rejects.toMatchObject({ code: "album_not_found" });
			}
		});
	});

	it("a list of items is narrowed to an album, to ids, and to what another filter matches", async () => {
		const user = newUser();
		const { item: food } = await readyItem(get(), user, { category: "Food" });
		const { item: uncategorized } = await readyItem(get(), user, { category: "Other" });
		const { id: album } = await create(user);
		await put(user, album, [food.id, uncategorized.id]);
		const { items } = get();
		expect(await items.ids(user, { album }, 10)).toEqual([uncategorized.id, food.id]);
		expect(await items.ids(user, { album }, 1)).toEqual([uncategorized.id]);
		expect(await items.ids(user, { album, category: "food" }, 10)).toEqual([food.id]);
		expect(await items.ids(user, { ids: [food.id, randomUUID()] }, 10)).toEqual([food.id]);
		expect(await items.ids(user, { ids: [] }, 10)).toEqual([]);
		expect(await items.count(user, { category: "food", and: { album, and: { ids: [uncategorized.id] } } })).toBe(0);
		expect(await items.count(user, { category: "food", and: { album } })).toBe(1);
		expect(await items.ids(user, { album: randomUUID() }, 10)).toEqual([]);
	});
}
