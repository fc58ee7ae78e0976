import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { maxAlbums } from "#core/albums/album.ts";
import { ModelFailure } from "#core/errors.ts";
import { albumSchema } from "#lambdas/api/presenters/album.ts";
import { readyItem } from "./ready-item.ts";
import { ada, alwaysGiven, bob, png, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
beforeEach(() => {
	api = testApi();
});

const ask = (method: string, path: string, json?: unknown, user = ada) =>
	api.as(user)(method, path, json === undefined ? {} : { json });
const create = async (json: object = { name: "Trip" }, user = ada) => (await ask("POST", "/albums", json, user)).body;
const item = async (more: Parameters<typeof readyItem>[2] = {}, user = ada) =>
	(await readyItem(api.ports, user, more)).itemId;
const countOf = async (id: string) => (await ask("GET", `/albums/${id}`)).body.item_count;

describe("an album", () => {
	it("answers exactly the documented album, with the first item's thumbnail as its cover", async () => {
		const created = await ask("POST", "/albums", { name: "  Trip  ", description: "To the sea" });
		expect(created).toMatchObject({ status: 201, body: { name: "Trip", description: "To the sea", item_count: 0 } });
		const { id } = created.body;
		const [first, second] = [await item(), await item()];
		const { status, body } = await ask("PUT", `/albums/${id}/items`, { ids: [first.toUpperCase(), second] });
		expect(status).toBe(200);
		expect(Object.keys(body).sort()).toEqual(alwaysGiven(albumSchema).sort());
		expect(body).toMatchObject({
			id,
			item_count: 2,
			cover_item_id: first,
			cover_thumbnail_url: expect.stringContaining(first),
			smart: null,
		});
		expect((await ask("GET", "/albums")).body).toEqual({ albums: [body], total: 1 });
	});

	it("is renamed, gets another cover, and is deleted without its items", async () => {
		const { id } = await create();
		const [first, second] = [await item(), await item()];
		await ask("PUT", `/albums/${id}/items`, { ids: [first, second] });
		const changed = await ask("PATCH", `/albums/${id}`, { name: "Sea", cover_item_id: second });
		expect(changed.body).toMatchObject({ name: "Sea", cover_item_id: second, item_count: 2 });
		expect((await ask("PATCH", `/albums/${id}`, { cover_item_id: null })).body.cover_item_id).toBe(first);
		const removed = await ask("DELETE", `/albums/${id}/items`, { ids: [first] });
		expect(removed.body).toMatchObject({ item_count: 1, cover_item_id: second });
		expect((await ask("DELETE", `/albums/${id}`)).body).toEqual({ status: "deleted", id });
		expect((await ask("GET", `/albums/${id}`)).status).toBe(404);
		expect((await ask("GET", `/items/${first}`)).status).toBe(200);
	});

	it.each([
		["an empty name", { name: "   " }],
		["a name of 201 characters", { name: "a".repeat(201) }],
		["no name", {}],
		["a NUL byte", { name: "a\0b" }],
		["an unknown field", { name: "a", colour: "red" }],
		["a cover that is no id", { name: "a", cover_item_id: "first" }],
		["a search of an unknown type", { name: "a", smart: { query: "sea", search_type: "agentic" } }],
		["an unknown filter", { name: "a", smart: { filters: { colour: "red" } } }],
		["an invalid filter", { name: "a", smart: { filters: { status: "lost" } } }],
		["a filter's date that there is not", { name: "a", smart: { filters: { from: "2026-02-30" } } }],
		["an empty query", { name: "a", smart: { query: " " } }],
	])("with %s is refused", async (_, json) => {
		const { status, body } = await ask("POST", "/albums", json);
		expect([status, body.code]).toEqual([422, "invalid_fields"]);
		expect((await ask("GET", "/albums")).body.total).toBe(0);
	});

	it.each([
		["no ids", []],
		["101 ids", Array.from({ length: 101 }, () => randomUUID())],
		["an id that is none", ["first"]],
	])("takes no list with %s", async (_, ids) => {
		const { id } = await create();
		for (const method of ["PUT", "DELETE"]) {
			expect((await ask(method, `/albums/${id}/items`, { ids })).status).toBe(422);
		}
	});

	it("beyond the most is refused", async () => {
		const fields = { userId: ada, name: "a", description: null, coverItemId: null, smart: null };
		for (let count = 0; count < maxAlbums; count++) {
			await api.ports.albums.create({ id: randomUUID(), ...fields }, { maxAlbums });
		}
		expect(await ask("POST", "/albums", { name: "One more" })).toMatchObject({
			status: 409,
			body: { code: "too_many_albums" },
		});
	});

	it("changes nothing where one id is foreign or unknown", async () => {
		const { id } = await create();
		const [mine, foreign] = [await item(), await item({}, bob)];
		await ask("PUT", `/albums/${id}/items`, { ids: [mine] });
		const another = await item();
		for (const wrong of [foreign, randomUUID()]) {
			for (const method of ["PUT", "DELETE"]) {
				const { status, body } = await ask(method, `/albums/${id}/items`, { ids: [another, mine, wrong] });
				expect([status, body.detail]).toEqual([404, `There is no item ${wrong}.`]);
			}
			expect((await ask("PATCH", `/albums/${id}`, { name: "b", cover_item_id: wrong })).status).toBe(404);
			expect((await ask("POST", "/albums", { name: "b", cover_item_id: wrong })).status).toBe(404);
		}
		expect((await ask("GET", `/albums/${id}`)).body).toMatchObject({ name: "Trip", item_count: 1 });
		expect((await ask("GET", "/albums")).body.total).toBe(1);
	});

	it("of another person takes nothing from a stranger, and tells nothing", async () => {
		const { id } = await create();
		const theirs = await item({}, bob);
		for (const [method, path, json] of [
			["PUT", `/albums/${id}/items`, { ids: [theirs] }],
			["DELETE", `/albums/${id}/items`, { ids: [theirs] }],
			["PATCH", `/albums/${id}`, { name: "Taken" }],
			["POST", "/albums", { name: "Spy", smart: { filters: { album: id } } }],
		] as const) {
			const { status, body } = await ask(method, path, json, bob);
			expect([status, body.code], method).toEqual([404, "album_not_found"]);
		}
		expect((await ask("GET", `/albums/${id}`)).body).toMatchObject({ name: "Trip", item_count: 0 });
	});
});

describe("a smart album", () => {
	it("has the newest item with a thumbnail as its cover", async () => {
		const { id } = await create({ name: "All", smart: { filters: {} } });
		const older = await item();
		await api.as(ada)("POST", "/items", { form: { file: png("b.png", "not processed yet") } });
		expect((await ask("GET", `/albums/${id}`)).body).toMatchObject({ item_count: 2, cover_item_id: older });
	});

	it("has what its filters match, and is current", async () => {
		const { id, ...body } = await create({ name: "Food", smart: { filters: { category: "food" } } });
		expect(body).toMatchObject({
			item_count: 0,
			cover_thumbnail_url: null,
			smart: { query: null, search_type: "hybrid", filters: { category: "food" } },
		});
		await item({ category: "Travel" });
		const ramen = await item({ category: "Food" });
		expect((await ask("GET", `/albums/${id}`)).body).toMatchObject({ item_count: 1, cover_item_id: ramen });
		await ask("DELETE", `/items/${ramen}`);
		expect(await countOf(id)).toBe(0);
	});

	it("with a query has its strong hits within the filters", async () => {
		const query = { query: "ramen", search_type: "bm25" };
		const all = await create({ name: "Ramen", smart: query });
		const food = await create({ name: "Ramen", smart: { ...query, filters: { category: "Food" } } });
		await item({ headline: "A bowl of ramen", category: "Food" });
		await item({ headline: "The museum of ramen", category: "Travel" });
		await item({ headline: "A bowl of rice", category: "Food" });
		expect([await countOf(all.id), await countOf(food.id)]).toEqual([2, 1]);
		const { body } = await ask("GET", "/albums");
		expect(body.albums.map(({ item_count }: { item_count: number }) => item_count).sort()).toEqual([1, 2]);
	});

	it("by meaning is found by words while nothing can be embedded, so that albums are listed", async () => {
		await create({ name: "Ramen", smart: { query: "ramen", search_type: "vector" } });
		await item({ headline: "A bowl of ramen" });
		vi.spyOn(api.ports.embedder, "embed").mockRejectedValue(new ModelFailure("embedding_unavailable", "It is away."));
		const { status, body } = await ask("GET", "/albums");
		expect([status, body.albums?.[0]?.item_count]).toEqual([200, 1]);
	});

	it("is made of other albums, smart ones and others", async () => {
		const plain = await create({ name: "Chosen" });
		const [ramen, museum] = [await item({ category: "Food" }), await item({ category: "Travel" })];
		await item({ category: "Food" });
		await ask("PUT", `/albums/${plain.id}/items`, { ids: [ramen, museum] });
		const chosen = await create({ name: "Of chosen", smart: { filters: { album: plain.id } } });
		const food = await create({ name: "Food of those", smart: { filters: { album: chosen.id, category: "Food" } } });
		expect([await countOf(chosen.id), await countOf(food.id)]).toEqual([2, 1]);
		await ask("DELETE", `/albums/${plain.id}`);
		expect([await countOf(chosen.id), await countOf(food.id)]).toEqual([0, 0]);
	});

	it("is never in itself", async () => {
		const outer = await create({ name: "Outer", smart: { filters: {} } });
		const inner = await create({ name: "Inner", smart: { filters: { album: outer.id } } });
		for (const album of [outer.id, inner.id]) {
			const { status, body } = await ask("PATCH", `/albums/${outer.id}`, { smart: { filters: { album } } });
			expect([status, body.code]).toEqual([422, "album_in_itself"]);
		}
	});

	it("takes no items, and an album with items becomes none", async () => {
		const mine = await item();
		const smart = await create({ name: "All", smart: { filters: {} } });
		for (const method of ["PUT", "DELETE"]) {
			const { status, body } = await ask(method, `/albums/${smart.id}/items`, { ids: [mine] });
			expect([status, body.code]).toEqual([409, "album_is_smart"]);
		}
		const plain = await create();
		await ask("PUT", `/albums/${plain.id}/items`, { ids: [mine] });
		expect(await ask("PATCH", `/albums/${plain.id}`, { smart: { filters: {} } })).toMatchObject({
			status: 409,
			body: { code: "album_has_items" },
		});
	});
});
