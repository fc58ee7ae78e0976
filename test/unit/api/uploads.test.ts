import { describe, expect, it } from "vitest";
import { itemSchema } from "#lambdas/api/presenters/item.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, png, testApi } from "./test-api.ts";

const api = testApi();
const ask = api.as(ada);
const photo = {
	filename: "photo.jpg",
	content_type: "image/jpeg",
	size: 20_000_000,
};
const announce = (more: object = {}, as = ask) => as("POST", "/uploads", { json: { ...photo, ...more } });

const sha256Of = async (file: File) =>
	Buffer.from(await crypto.subtle.digest("SHA-256", await file.arrayBuffer())).toString("hex");

describe("POST /uploads", () => {
	it("answers exactly the documented item id and form", async () => {
		const { status, body } = await announce();
		expect(status).toBe(201);
		expect(body).toEqual({
			item_id: expect.any(String),
			url: expect.stringContaining("https://"),
			fields: {
				key: `originals/${ada}/${body.item_id}.jpg`,
				"Content-Type": "image/jpeg",
				size: "20000000",
			},
			expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
		});
	});

	it("makes a pending item, which only a list by status has", async () => {
		const own = testApi();
		const { body } = await announce({}, own.as(ada));
		const { body: item } = await own.as(ada)("GET", `/items/${body.item_id}`);
		expect(item).toMatchObject({
			status: "pending",
			original_filename: "photo.jpg",
			file_size: photo.size,
			mime_type: "image/jpeg",
			thumbnail_url: null,
		});
		const { body: all } = await own.as(ada)("GET", "/items");
		expect(all).toMatchObject({ items: [], total: 0 });
		const query = { status: "pending" };
		const { body: pending } = await own.as(ada)("GET", "/items", { query });
		expect(pending.items).toMatchObject([{ id: body.item_id }]);
		const image = await own.as(ada)("GET", `/images/${item.filename}`);
		expect(image.status).toBe(404);
		expect(image.body.detail).toContain("not arrived");
	});

	it("with the digest of an existing image answers its item", async () => {
		const { itemId, file } = await readyItem(api.ports, ada);
		const sha256 = (await sha256Of(file)).toUpperCase();
		const { status, body } = await announce({ sha256 });
		expect(status).toBe(200);
		expect(itemSchema.parse(body)).toMatchObject({
			id: itemId,
			status: "ready",
		});
		const others = await announce({ sha256 }, api.as(bob));
		expect(others.status).toBe(201);
	});

	it.each([
		["content_type", "image/heic", /image\/png, image\/jpeg/],
		["content_type", "text/html", /image\/png/],
		["size", 0, /1/],
		["size", -1, /1/],
		["size", 1.5, /int/],
		["size", "20", /number/],
		["sha256", "abc", /64 hex digits/],
		["filename", "a\0b", /NUL/],
		["key", "originals/x", /not known/],
	])("refuses %s = %j with the field's name", async (field, value, sentence) => {
		const { status, body } = await announce({ [field]: value });
		expect(status).toBe(422);
		expect(body.errors).toEqual([{ field: `body.${field}`, detail: expect.stringMatching(sentence) }]);
	});

	it("refuses more than 50 MB with an explanation", async () => {
		expect((await announce({ size: 50 * 1024 * 1024 })).status).toBe(201);
		const { status, body } = await announce({ size: 50 * 1024 * 1024 + 1 });
		expect(status).toBe(413);
		expect(body).toMatchObject({
			code: "file_too_large",
			detail: expect.stringContaining("50 MB"),
		});
	});

	it("treats a file's name as plain text", async () => {
		const { body } = await announce({ filename: "../../bob/photo.jpg" });
		const { body: item } = await ask("GET", `/items/${body.item_id}`);
		expect(item.original_filename).toBe("photo.jpg");
		expect(body.fields.key).toBe(`originals/${ada}/${body.item_id}.jpg`);
	});

	it("accepts the same bytes by POST /items instead", async () => {
		const file = png("shot.png", "by another door");
		const sha256 = await sha256Of(file);
		const { body } = await announce({ sha256 });
		const { body: item } = await ask("POST", "/items", { form: { file } });
		expect(item).toMatchObject({
			id: body.item_id,
			status: "uploaded",
			mime_type: "image/png",
			file_size: file.size,
		});
	});
});
