import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import type { CollectionsClient, Item } from "#client/index.ts";
import { screenshot } from "./drawings.ts";
import { newUser } from "./environment.ts";

let owner: CollectionsClient;
let stranger: CollectionsClient;
let drawn: Awaited<ReturnType<typeof screenshot>>;
let item: Item;

beforeAll(async () => {
	[owner, stranger] = await Promise.all([newUser("owner"), newUser("stranger")]);
	drawn = await screenshot();
	item = await owner.upload(drawn.filename, drawn.bytes);
	expect(item).toMatchObject({
		original_filename: drawn.filename,
		filename: `${item.id}.png`,
	});
	item = await owner.settled(item.id);
});

test("an uploaded screenshot becomes ready, with a description and a thumbnail", async () => {
	expect(item).toMatchObject({ status: "ready", error: null });
	expect(item.latest_analysis).toMatchObject({
		version: 1,
		provider_used: "offline",
		// What OCR read stands in the picture.
		verification: { risk_level: expect.stringMatching(/^(low|medium)$/) },
	});
	const thumbnail = await fetch(item.thumbnail_url ?? "");
	expect(thumbnail.status).toBe(200);
	expect(thumbnail.headers.get("content-type")).toBe("image/webp");
});

test.each(["bm25", "vector", "hybrid"])("a %s search finds it by a word in its picture", async (search_type) => {
	const found = await owner.search(drawn.word, { search_type });
	expect(found.results[0]?.item_id).toBe(item.id);
});

test("the answer of a search has the image's text and cites the item", async () => {
	const found = await owner.search(drawn.word);
	expect(found.answer_model_used).toBe("offline/extractive-1");
	expect(found.answer).toContain(drawn.word);
	expect(found.answer).toContain(`[${item.id}]`);
	expect(found.answer_confidence).toBe(1);
	expect(found.citations[0]).toMatchObject({
		item_id: item.id,
		snippet: expect.stringContaining(drawn.word),
	});
});

test("an agentic search finds it and lists its steps", async () => {
	const found = await owner.search(drawn.word, { search_type: "agentic" });
	expect(found.results[0]?.item_id).toBe(item.id);
	expect(found.tools_used).toEqual(["search_collection", "give_results"]);
	expect(found.answer).toContain(`[${item.id}]`);
});

test("a search with an unknown answer model is a 422 that says which are possible", async () => {
	await expect(owner.search(drawn.word, { answer_model: "claude-sonnet-4-5" })).rejects.toMatchObject({
		status: 422,
		body: {
			code: "model_not_found",
			detail: expect.stringContaining("Possible are offline"),
			errors: [{ field: "body.answer_model" }],
		},
	});
});

test("the original is returned byte for byte", async () => {
	const { url } = await owner.call<{ url: string }>("GET", `/images/${item.filename}?size=original`);
	const original = await fetch(url);
	expect(new Uint8Array(await original.arrayBuffer())).toEqual(drawn.bytes);
});

test("the same file uploaded again is the same item, analyzed once", async () => {
	const again = await owner.upload("another name.png", drawn.bytes);
	expect(again.id).toBe(item.id);
	const { total } = await owner.call<{ total: number }>("GET", "/items");
	expect(total).toBe(1);
});

test("no route shows it to another user", async () => {
	const { results } = await stranger.search(drawn.word, {
		search_type: "bm25",
	});
	expect(results).toEqual([]);
	expect(await stranger.call("GET", "/items")).toMatchObject({
		items: [],
		total: 0,
	});
	expect(await stranger.call("GET", "/vector-index/status")).toMatchObject({
		items: 0,
	});
	const paths = [
		["GET", `/items/${item.id}`],
		["DELETE", `/items/${item.id}`],
		["GET", `/items/${item.id}/analyses`],
		["GET", `/analyses/${item.latest_analysis?.id}`],
		["GET", `/images/${item.filename}`],
	] as const;
	for (const [method, path] of paths) {
		await expect(stranger.call(method, path), `${method} ${path}`).rejects.toMatchObject({ status: 404 });
	}
});

test("the same file uploaded by another user is a separate item", async () => {
	const theirs = await stranger.upload(drawn.filename, drawn.bytes);
	expect(theirs.id).not.toBe(item.id);
	expect((await stranger.settled(theirs.id)).status).toBe("ready");
	expect((await owner.item(item.id)).status).toBe("ready");
});

test("a deleted item is gone: row, search and every object", async () => {
	const doomed = await screenshot(1);
	const { id } = await owner.upload(doomed.filename, doomed.bytes);
	const { filename, thumbnail_url } = await owner.settled(id);
	const { url } = await owner.call<{ url: string }>("GET", `/images/${filename}`);
	expect(await owner.call("DELETE", `/items/${id}`)).toEqual({
		status: "deleted",
		id,
	});
	await expect(owner.item(id)).rejects.toMatchObject({ status: 404 });
	await expect(owner.call("DELETE", `/items/${id}`)).rejects.toMatchObject({
		status: 404,
	});
	expect((await fetch(url)).status).toBe(404);
	expect((await fetch(thumbnail_url ?? "")).status).toBe(404);
	const { results } = await owner.search(doomed.word);
	expect(results.map(({ item_id }) => item_id)).not.toContain(id);
});

test("the same picture in another size is a near-duplicate, and GET /search/config has the running system's settings", async () => {
	const user = await newUser("duplicates");
	const { bytes } = await screenshot(1);
	const { bytes: other } = await screenshot();
	const smaller = await sharp(bytes).resize(300).jpeg({ quality: 60 }).toBuffer();
	const large = await user.upload("large.png", bytes);
	const small = await user.upload("small.jpg", new Uint8Array(smaller));
	const another = await user.upload("another.png", other);
	for (const { id } of [large, small, another]) await user.settled(id);
	const { results } = await user.call<{ results: { item_id: string; near_duplicate: boolean; distance: number }[] }>(
		"POST",
		`/items/${large.id}/similar`,
		{ top_k: 5 },
	);
	expect(results.map(({ item_id }) => item_id)).not.toContain(large.id);
	const alike = results.filter(({ near_duplicate }) => near_duplicate);
	expect(alike.map(({ item_id }) => item_id)).toContain(small.id);
	expect(results.some(({ near_duplicate }) => !near_duplicate)).toBe(true);

	const config = await user.call("GET", "/search/config");
	expect(config).toMatchObject({
		parameters: { min_strong_coverage: expect.any(Number) },
		embedding: { model: "offline-words-1", dimensions: 1024 },
		database: {
			extensions: { vector: expect.any(String) },
			indexes: expect.arrayContaining([expect.objectContaining({ name: "embeddings_codes", valid: true })]),
		},
		counts: { items: 3, embeddings: { "offline-words-1": 3 } },
	});
});
