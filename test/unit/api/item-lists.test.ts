import { beforeEach, describe, expect, it } from "vitest";
import { compactItemSchema } from "#lambdas/api/presenters/compact-item.ts";
import { readyItem } from "./ready-item.ts";
import { ada, alwaysGiven, bob, png, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
beforeEach(() => {
	api = testApi();
});

const list = async (query: string, user = ada) => api.as(user)("GET", `/items${query}`);
const idsOf = ({ body }: Awaited<ReturnType<typeof list>>) => body.items.map(({ id }: { id: string }) => id);

describe("a list of items", () => {
	it("in its compact form has exactly what a grid shows", async () => {
		const { itemId } = await readyItem(api.ports, ada, { headline: "A lighthouse", category: "Travel" });
		const { status, body } = await list("?fields=compact");
		expect(status).toBe(200);
		expect(Object.keys(body.items[0]).sort()).toEqual(alwaysGiven(compactItemSchema).sort());
		expect(body).toMatchObject({
			items: [{ id: itemId, status: "ready", headline: "A lighthouse", category: "Travel", width: 1, height: 1 }],
			total: 1,
			next_cursor: null,
		});
		expect(body.items[0].thumbnail_url).toContain(itemId);
		expect(body.items[0].placeholder).toMatch(/^[A-Za-z0-9+/]+=*$/);
	});

	it("goes through every filter", async () => {
		const { itemId } = await readyItem(api.ports, ada, { category: "Travel" });
		await api.as(ada)("PATCH", `/items/${itemId}`, { json: { tags: ["Sea", "Dusk"], favorite: true } });
		const day = new Date().toISOString().slice(0, 10);
		const fit = [
			"category=travel",
			`from=${day}`,
			`to=${day}`,
			"provider=offline",
			"status=ready",
			`ids=${itemId}`,
			"favorite=true",
			"tag=sea&tag=dusk",
		];
		const miss = [
			"category=food",
			"from=2100-01-01",
			"to=2000-01-01",
			"provider=none",
			"status=failed",
			"favorite=false",
			"tag=land",
		];
		for (const query of fit) expect(idsOf(await list(`?${query}`)), query).toEqual([itemId]);
		for (const query of miss) {
			const { status, body } = await list(`?${query}`);
			expect([query, status, body]).toEqual([query, 200, { items: [], total: 0, next_cursor: null }]);
		}
		expect(idsOf(await list(`?${fit.join("&")}`))).toEqual([itemId]);
	});

	it.each([
		["status=nothing", "query.status"],
		["sort=size", "query.sort"],
		["order=up", "query.order"],
		["fields=few", "query.fields"],
		["from=yesterday", "query.from"],
		["to=2026-02-30", "query.to"],
		["from=0000-01-01", "query.from"],
		["to=9999-12-31", "query.to"],
		["album=mine", "query.album"],
		["favorite=yes", "query.favorite"],
		[Array(21).fill("tag=x").join("&"), "query.tag: Must be at most 20 tags"],
		[`tag=sea&tag=${"x".repeat(101)}`, "query.tag.1: Must have at most 100 characters"],
		["category=food&category=travel", "query.category: May be given once only"],
		["ids=1", "query.ids"],
		[`ids=${Array(101).fill("11111111-1111-4111-8111-111111111111").join()}`, "query.ids"],
		["colour=red", "query.colour"],
	])("refuses %s with the field's name", async (query, field) => {
		const { status, body } = await list(`?${query}`);
		expect(status).toBe(422);
		expect(body.detail).toContain(field);
	});

	it("of ids has those of the person's own, compact, without the rest", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		const { body: second } = await api.as(ada)("POST", "/items", { form: { file: png("b.png", "b") } });
		const { itemId: foreign } = await readyItem(api.ports, bob);
		const found = await list(`?ids=${itemId.toUpperCase()},${foreign}&ids=${second.id}`);
		expect(idsOf(found).sort()).toEqual([itemId, second.id].sort());
		expect(found.body.items[0]).not.toHaveProperty("latest_analysis");
		expect((await list(`?ids=${itemId}&fields=full`)).body.items[0]).toHaveProperty("latest_analysis");
	});

	it("of ids is 304 until something that it shows changes, also for the whole items", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		const listIf = (query: string, known: string) =>
			api.as(ada)("GET", `/items${query}`, {
				raw: { headers: { authorization: `Bearer ${ada}`, "if-none-match": known } },
			});
		for (const query of [`?ids=${itemId}`, `?ids=${itemId}&fields=full`]) {
			const { headers, body } = await list(query);
			const etag = headers.get("etag") ?? "";
			expect(etag).toMatch(/^W\/".{22}"$/);
			expect(await listIf(query, `"x", ${etag}`)).toMatchObject({ status: 304, body: "" });
			await api.as(ada)("PATCH", `/items/${itemId}`, { json: { favorite: !body.items[0].favorite } });
			const changed = await listIf(query, etag);
			expect([changed.status, changed.headers.get("etag") === etag]).toEqual([200, false]);
		}
		expect((await list("")).headers.get("etag")).toBeNull();
		expect((await listIf(`?ids=${itemId}`, "x")).status).toBe(400);
	});

	it("says of a cursor of another sort what it belongs to", async () => {
		for (const name of ["a", "b"]) await api.as(ada)("POST", "/items", { form: { file: png(name, name) } });
		const { body } = await list("?sort=name&limit=1");
		const next = await list(`?sort=name&limit=1&cursor=${encodeURIComponent(body.next_cursor)}`);
		expect(next.body.items[0].original_filename).toBe("b");
		const refused = await list(`?cursor=${encodeURIComponent(body.next_cursor)}`);
		expect(refused.status).toBe(400);
		expect(refused.body.detail).toContain("sort=name and order=asc");
	});

	it("of an album has its items; of another person's album, and of none, there is no list", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		await readyItem(api.ports, ada);
		const { body: album } = await api.as(ada)("POST", "/albums", { json: { name: "Mine" } });
		await api.as(ada)("PUT", `/albums/${album.id}/items`, { json: { ids: [itemId] } });
		expect(idsOf(await list(`?album=${album.id}`))).toEqual([itemId]);
		for (const path of [`/items?album=${album.id}`, `/items/facets?album=${album.id}`]) {
			expect((await api.as(bob)("GET", path)).status).toBe(404);
		}
		const json = { query: "lighthouse", search_type: "bm25", include_answer: false, album: album.id };
		expect((await api.as(bob)("POST", "/search", { json })).status).toBe(404);
		expect((await api.as(ada)("POST", "/search", { json })).body.results).toHaveLength(1);
		expect((await list(`?album=${crypto.randomUUID()}`)).status).toBe(404);
	});

	it("of an album has the order of the album by default, and places in no other list", async () => {
		const [a, b, c] = [
			await readyItem(api.ports, ada),
			await readyItem(api.ports, ada),
			await readyItem(api.ports, ada),
		];
		const { body: album } = await api.as(ada)("POST", "/albums", { json: { name: "Mine" } });
		const ids = [b.itemId, a.itemId, c.itemId];
		await api.as(ada)("PUT", `/albums/${album.id}/items`, { json: { ids } });
		const first = await list(`?album=${album.id}&limit=2`);
		expect(idsOf(first)).toEqual(ids.slice(0, 2));
		const cursor = encodeURIComponent(first.body.next_cursor);
		expect(idsOf(await list(`?album=${album.id}&cursor=${cursor}&fields=compact`))).toEqual(ids.slice(2));
		expect(idsOf(await list(`?album=${album.id}&sort=position&order=desc`))).toEqual(ids.toReversed());
		expect((await list(`?album=${album.id}&sort=created&cursor=${cursor}`)).status).toBe(400);
		const { body: smart } = await api.as(ada)("POST", "/albums", { json: { name: "All", smart: { filters: {} } } });
		expect((await list(`?album=${smart.id}`)).body.total).toBe(3);
		for (const query of ["?sort=position", `?sort=position&album=${smart.id}`]) {
			const { status, body } = await list(query);
			expect([status, body.errors[0].field]).toEqual([422, "query.sort"]);
		}
	});

	it("answers facets under the same filters", async () => {
		await readyItem(api.ports, ada, { category: "Travel" });
		await readyItem(api.ports, bob, { category: "Food" });
		const { status, body } = await api.as(ada)("GET", "/items/facets");
		expect(status).toBe(200);
		expect(body).toMatchObject({
			categories: [{ value: "Travel", count: 1 }],
			months: [{ value: new Date().toISOString().slice(0, 7), count: 1 }],
			statuses: [{ value: "ready", count: 1 }],
			providers: [{ value: "offline", count: 1 }],
		});
		expect((await api.as(ada)("GET", "/items/facets?category=food")).body.categories).toEqual([]);
		expect((await api.as(ada)("GET", "/items/facets?limit=3")).status).toBe(422);
	});
});

describe("the trash", () => {
	it("holds an item until it is restored, and answers twice alike", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		const trash = () => api.as(ada)("POST", `/items/${itemId}/trash`);
		const { status, body } = await trash();
		expect([status, body.status]).toEqual([200, "trashed"]);
		expect((await trash()).body).toEqual(body);
		expect(idsOf(await list(""))).toEqual([]);
		expect(idsOf(await list("?status=trashed"))).toEqual([itemId]);
		expect(idsOf(await list("?status=trashed", bob))).toEqual([]);
		const restored = await api.as(ada)("POST", `/items/${itemId}/restore`);
		expect(restored.body).toMatchObject({ status: "ready", trashed_at: null });
		expect(idsOf(await list(""))).toEqual([itemId]);
	});

	it("gives an item back whose file is uploaded again", async () => {
		const { itemId, file } = await readyItem(api.ports, ada);
		await api.as(ada)("POST", `/items/${itemId}/trash`);
		const { body } = await api.as(ada)("POST", "/items", { form: { file } });
		expect(body).toMatchObject({ id: itemId, status: "ready", trashed_at: null });
	});

	it("does not keep an item from being deleted", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		await api.as(ada)("POST", `/items/${itemId}/trash`);
		expect((await api.as(ada)("DELETE", `/items/${itemId}`)).status).toBe(200);
		expect((await api.as(ada)("POST", `/items/${itemId}/restore`)).status).toBe(404);
	});
});
