import { describe, expect, it } from "vitest";
import { itemSchema } from "#lambdas/api/presenters/item.ts";
import { readyItem } from "./ready-item.ts";
import { ada, alwaysGiven, png, testApi } from "./test-api.ts";

const api = testApi();
const ask = api.as(ada);
const upload = (file: File) => ask("POST", "/items", { form: { file } });

describe("an upload", () => {
	it("answers exactly the documented item", async () => {
		const { status, body } = await upload(png("my shot.png", "1"));
		expect(status).toBe(200);
		expect(Object.keys(body).sort()).toEqual(alwaysGiven(itemSchema).sort());
		expect(itemSchema.parse(body)).toMatchObject({
			filename: `${body.id}.png`,
			original_filename: "my shot.png",
			mime_type: "image/png",
			status: "uploaded",
			error: null,
			warnings: [],
			width: null,
			height: null,
			taken_at: null,
			taken_at_local: null,
			taken_at_offset: null,
			taken_at_source: null,
			camera: null,
			location: null,
			thumbnail_url: null,
			latest_analysis: null,
		});
	});

	it("is recognised by its content, not its name", async () => {
		const { body } = await upload(png("lies.jpg", "2"));
		expect(body).toMatchObject({
			mime_type: "image/png",
			filename: `${body.id}.png`,
			original_filename: "lies.jpg",
		});
	});

	it.each([
		["an empty file", "", "empty"],
		["a script under an image's name", "<script>", "not an image"],
		["an SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"],
		["a PDF", "%PDF-1.7", "PDF"],
	])("of %s is refused with an explanation", async (_, content, word) => {
		const { status, body } = await upload(new File([content], "shot.png"));
		expect(status).toBe(400);
		expect(body.code).toBe("unsupported_image");
		expect(body.detail).toContain(word);
	});

	it("of exactly 4 MB is accepted; one byte more names the route for larger files", async () => {
		const size = 4 * 1024 * 1024 - png().size;
		const fits = await upload(png("big.png", "x".repeat(size)));
		expect(fits.status).toBe(200);
		const tooLarge = await upload(png("big.png", "x".repeat(size + 1)));
		expect(tooLarge.status).toBe(413);
		expect(tooLarge.body.code).toBe("file_too_large");
		expect(tooLarge.body.detail).toContain("POST /uploads");
	});

	it.each([
		["text for it", { file: "text" }],
		["another name for it", { image: png() }],
	])("with %s instead of the file is refused with the field's name", async (_, form) => {
		const { status, body } = await ask("POST", "/items", { form });
		expect(status).toBe(422);
		expect(body.detail).toContain("body.file");
	});

	it("of two files at once is refused", async () => {
		const form = new FormData();
		form.append("file", png());
		form.append("file", png("other.png", "3"));
		const { status } = await ask("POST", "/items", {
			raw: { body: form, headers: { authorization: `Bearer ${ada}` } },
		});
		expect(status).toBe(422);
	});

	it("that is not a form is refused", async () => {
		for (const contentType of ["multipart/form-data; boundary=x", "multipart/form-data"]) {
			const { status } = await ask("POST", "/items", {
				raw: {
					body: "garbage",
					headers: {
						authorization: `Bearer ${ada}`,
						"content-type": contentType,
					},
				},
			});
			expect(status).toBe(400);
		}
	});
});

describe("an item that is ready", () => {
	it("warns its owner where its text was not read to the end", async () => {
		const whole = await readyItem(api.ports, ada);
		const partly = await readyItem(api.ports, ada, { details: { text_complete: false } });
		expect((await ask("GET", `/items/${whole.itemId}`)).body.warnings).toEqual([]);
		const { body } = await ask("GET", `/items/${partly.itemId}`);
		expect(body).toMatchObject({ status: "ready", warnings: [{ code: "text_incomplete" }] });
		expect(itemSchema.parse(body)).toEqual(body);
	});

	it("has the facts that its text states; one that was analyzed before there were any has none", async () => {
		const facts = [{ kind: "due_date", value: "2025-06-20", unit: null, source_line: "Zahlbar bis 20.06.2025" }];
		const stated = await readyItem(api.ports, ada, { details: { facts, picture_kind: "invoice" } });
		const old = await readyItem(api.ports, ada);
		const { body } = await ask("GET", `/items/${stated.itemId}`);
		expect(body.facts).toEqual(facts);
		expect(body.latest_analysis.raw_response.image_details).toMatchObject({ facts, picture_kind: "invoice" });
		expect(itemSchema.parse(body)).toEqual(body);
		expect((await ask("GET", `/items/${old.itemId}`)).body.facts).toEqual([]);
	});

	it("has its analysis and a thumbnail's URL", async () => {
		const { itemId, analysisId } = await readyItem(api.ports, ada);
		const { body } = await ask("GET", `/items/${itemId}`);
		expect(body).toMatchObject({
			id: itemId,
			status: "ready",
			thumbnail_url: expect.stringContaining(itemId),
			latest_analysis: { id: analysisId, item_id: itemId, version: 1 },
		});
		const { body: analysis } = await ask("GET", `/analyses/${analysisId}`);
		expect(analysis).toEqual(body.latest_analysis);
		const { body: versions } = await ask("GET", `/items/${itemId}/analyses`);
		expect(versions).toEqual([analysis]);
		expect(analysis.raw_response).toMatchObject({
			category: analysis.category,
			summary: analysis.summary,
			image_details: expect.any(Object),
			media_metadata: expect.any(Object),
		});
	});

	it("is also found by its id in capitals", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		const { status } = await ask("GET", `/items/${itemId.toUpperCase()}`);
		expect(status).toBe(200);
	});
});

describe("the list", () => {
	it("is ordered newest first, and pages by cursor to its end", async () => {
		const own = testApi();
		const list = own.as(ada);
		const ids: string[] = [];
		for (const seed of ["a", "b", "c"]) {
			const form = { file: png(`${seed}.png`, seed) };
			ids.unshift((await list("POST", "/items", { form })).body.id);
		}
		const first = await list("GET", "/items", { query: { limit: "2" } });
		expect(first.body.total).toBe(3);
		const second = await list("GET", "/items", {
			query: { limit: "2", cursor: first.body.next_cursor },
		});
		expect(second.body.next_cursor).toBeNull();
		const paged = [...first.body.items, ...second.body.items];
		expect(paged.map((item: { id: string }) => item.id)).toEqual(ids);
	});

	it("with a cursor that the API did not issue is refused", async () => {
		const { status, body } = await ask("GET", "/items", {
			query: { cursor: "nonsense" },
		});
		expect(status).toBe(400);
		expect(body.detail).toContain("cursor");
	});
});

describe("deleting", () => {
	it("removes the item and every object of it", async () => {
		const { itemId, originalKey, thumbnailKey } = await readyItem(api.ports, ada);
		const { status, body } = await ask("DELETE", `/items/${itemId}`);
		expect(status).toBe(200);
		expect(body).toEqual({ status: "deleted", id: itemId });
		expect(await api.ports.objects.exists(originalKey)).toBe(false);
		expect(await api.ports.objects.exists(thumbnailKey)).toBe(false);
		expect((await ask("GET", `/items/${itemId}`)).status).toBe(404);
		expect((await ask("DELETE", `/items/${itemId}`)).status).toBe(404);
	});
});

describe("an image's URL", () => {
	it("reads the original, or the thumbnail", async () => {
		const { itemId, originalKey, thumbnailKey } = await readyItem(api.ports, ada);
		const original = await ask("GET", `/images/${itemId}.png`);
		expect(original.body.url).toContain(originalKey);
		expect(Object.keys(original.body)).toEqual(["url", "expires_at"]);
		const thumbnail = await ask("GET", `/images/${itemId}.png`, {
			query: { size: "thumbnail" },
		});
		expect(thumbnail.body.url).toContain(thumbnailKey);
		expect(thumbnail.headers.get("cache-control")).toContain("no-store");
	});

	it("is served under the item's own filename only", async () => {
		const { itemId } = await readyItem(api.ports, ada);
		for (const filename of [`${itemId}.jpg`, `${itemId}`, `${itemId}.png.exe`, `${itemId}.PNG`]) {
			const { status } = await ask("GET", `/images/${filename}`);
			expect(status, filename).toBe(404);
		}
	});

	it("of a thumbnail that does not exist yet says so", async () => {
		const { body: item } = await upload(png("fresh.png", "fresh"));
		const { status, body } = await ask("GET", `/images/${item.filename}`, {
			query: { size: "thumbnail" },
		});
		expect(status).toBe(404);
		expect(body.detail).toContain("not made yet");
	});
});
