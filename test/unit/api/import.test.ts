import { beforeEach, describe, expect, it } from "vitest";
import type { ArchivedItem } from "#core/archive/archived-item.ts";
import { derivedId } from "#core/ids.ts";
import { maxSizes } from "#lambdas/api/http/request-sizes.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, generousLimits, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
let archived: ArchivedItem;
beforeEach(async () => {
	api = testApi();
	const { itemId } = await readyItem(api.ports, ada, {
		details: { text_lines: [{ text: "Boats", confidence: 1, box: { x: 0, y: 0, width: 1, height: 1 } }] },
	});
	await api.ports.edits.edit(ada, itemId, { note: "Mine", tags: ["Sea"] });
	const [item] = await api.ports.archives.items(ada, [itemId]);
	if (!item) throw new Error("Nothing was archived.");
	archived = item;
});

const imported = (items: unknown[], user = bob, over = api) =>
	over.as(user)("POST", "/account/import/items", { json: { items } });

describe("an import", () => {
	it("makes each item under an id of its own, with a form for its picture, however often it is repeated", async () => {
		const { status, body } = await imported([archived]);
		expect(status).toBe(200);
		const id = derivedId(bob, archived.id);
		expect(body.items).toEqual([
			{ archived_id: archived.id, id, upload: expect.objectContaining({ fields: expect.any(Object) }) },
		]);
		const found = await api.ports.items.find(bob, id);
		expect(found).toMatchObject({ item: { status: "pending", note: "Mine" }, tags: ["Sea"] });
		expect(found?.latestAnalysis?.description).toEqual(archived.analyses[0]?.description);
		expect((await imported([archived])).body.items).toMatchObject([{ id, upload: {} }]);
		expect(await api.ports.items.find(bob, id)).toMatchObject({ item: { createdAt: found?.item.createdAt } });
	});

	it("leaves an item alone whose picture the person has, and names that", async () => {
		expect((await imported([archived], ada)).body.items).toEqual([
			{ archived_id: archived.id, id: archived.id, upload: null },
		]);
		const other = await imported([{ ...archived, note: "Another" }], ada);
		expect(other.body.items).toMatchObject([{ id: archived.id, upload: null }]);
		expect(await api.ports.items.find(ada, archived.id)).toMatchObject({ item: { note: "Mine" } });
	});

	it("makes anew an item that was deleted here since, and opens one again whose picture never came", async () => {
		const id = derivedId(bob, archived.id);
		await imported([archived]);
		await api.ports.stages.failMissingUpload(bob, id);
		expect((await imported([archived])).body.items).toMatchObject([{ id, upload: {} }]);
		expect(await api.ports.items.find(bob, id)).toMatchObject({ item: { status: "pending" } });
		await api.as(bob)("DELETE", `/items/${id}`);
		expect((await imported([archived])).body.items).toMatchObject([{ id, upload: {} }]);
		expect(api.ports.store.tombstones.has(id)).toBe(false);
		expect(await api.ports.items.find(bob, id)).toMatchObject({ item: { note: "Mine" } });
	});

	it("refuses an item that is none by its fields, and takes those beside it", async () => {
		const [analysis] = archived.analyses;
		const zero = Buffer.alloc(4_096).toString("base64");
		const strangers = [
			{ ...archived, id: "../up" },
			{ ...archived, analyses: [analysis, analysis] },
			{ ...archived, embeddings: [{ ...archived.embeddings[0], vector: zero }] },
			{ ...archived, mime_type: "text/html" },
			{ ...archived, user_id: ada },
			"an item",
		];
		const { status, body } = await imported([...strangers, archived]);
		expect(status).toBe(200);
		expect(body.items.map(({ code }: { code?: string }) => code)).toEqual([
			...strangers.map(() => "invalid_fields"),
			undefined,
		]);
		expect(body.items[1].errors).toEqual([{ field: "body.items.1.analyses", detail: "Must have each version once" }]);
		expect(body.items[2].errors[0].field).toBe("body.items.2.embeddings.0.vector");
		const { body: large } = await imported([{ ...archived, file_size: 60_000_000 }]);
		expect(large.items).toMatchObject([{ code: "file_too_large" }]);
	});

	it("takes more JSON than other routes, and says how many items wait for their pictures", async () => {
		const padded = { ...archived, note: "n".repeat(10_000) };
		const many = Array.from({ length: 20 }, (_, at) => ({ ...padded, id: crypto.randomUUID(), sha256: digit(at) }));
		expect(JSON.stringify(many).length).toBeGreaterThan(maxSizes.jsonBytes);
		expect((await imported(many)).status).toBe(200);
		const small = testApi({ limits: { ...generousLimits, pendingUploads: 1 } });
		const { body } = await imported(many.slice(0, 2), bob, small);
		expect(body.items).toMatchObject([{ upload: {} }, { code: "too_many_pending" }]);
	});

	it("makes albums once, and a smart one's search names the album here", async () => {
		const [trip, all] = [crypto.randomUUID(), crypto.randomUUID()];
		const smart = { query: null, search_type: "hybrid", filters: { album: trip } };
		const albums = [
			{ id: trip, name: "Trip", description: null, smart: null },
			{ id: all, name: "All of it", description: "Smart", smart },
		];
		const ask = () => api.as(bob)("POST", "/account/import/albums", { json: { albums } });
		const { status, body } = await ask();
		expect(status).toBe(200);
		expect(body.albums).toEqual([trip, all].map((id) => ({ archived_id: id, id: derivedId(bob, id) })));
		expect((await ask()).body).toEqual(body);
		const { album } = (await api.ports.albums.find(bob, derivedId(bob, all))) ?? {};
		expect(album).toMatchObject({ name: "All of it", smart: { filters: { album: derivedId(bob, trip) } } });
		expect((await api.ports.albums.list(bob, { limit: 10, offset: 0 })).total).toBe(2);
	});
});

const digit = (at: number) => at.toString(16).padStart(64, "0");
