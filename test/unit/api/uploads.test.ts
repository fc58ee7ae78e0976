import { describe, expect, it } from "vitest";
import { itemSchema } from "#lambdas/api/presenters/item.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, generousLimits, png, testApi } from "./test-api.ts";

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
		["size", 1.5, /whole number/],
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

describe("POST /uploads of many files", () => {
	const announceAll = (files: unknown[], as = testApi().as(ada)) => as("POST", "/uploads", { json: { files } });
	const named = (filename: string, more: object = {}) => ({ ...photo, filename, ...more });

	it("answers each as it would answer that file alone, in their order", async () => {
		const own = testApi();
		const { itemId, file } = await readyItem(own.ports, ada);
		const sha256 = await sha256Of(file);
		const { status, body } = await announceAll(
			[named("1.jpg"), named("2.jpg", { sha256 }), named("3.jpg", { size: 60_000_000 }), named("4.jpg")],
			own.as(ada),
		);
		expect(status).toBe(201);
		const form = { url: expect.any(String), fields: expect.any(Object), expires_at: expect.any(String) };
		expect(body.uploads).toEqual([
			{ item_id: expect.any(String), ...form },
			expect.objectContaining({ id: itemId, status: "ready" }),
			expect.objectContaining({
				code: "file_too_large",
				status: 413,
				instance: expect.stringMatching(/^urn:request:/),
			}),
			{ item_id: expect.any(String), ...form },
		]);
		const { body: pending } = await own.as(ada)("GET", "/items", { query: { status: "pending" } });
		expect(pending.items.map((item: { original_filename: string }) => item.original_filename).sort()).toEqual([
			"1.jpg",
			"4.jpg",
		]);
	});

	it("refuses a file with wrong fields alone, by its place", async () => {
		const { status, body } = await announceAll([
			named("a.heic", { content_type: "image/heic" }),
			named("b.jpg", { colour: "red" }),
			null,
			named("c.jpg"),
		]);
		expect(status).toBe(201);
		const problems = body.uploads.slice(0, 3);
		expect(problems).toMatchObject([{ status: 422 }, { status: 422 }, { status: 422 }]);
		expect(problems.map(({ errors }: { errors: { field: string }[] }) => errors[0]?.field)).toEqual([
			"body.files.0.content_type",
			"body.files.1.colour",
			"body.files.2",
		]);
		expect(body.uploads[3].item_id).toBeTruthy();
	});

	it("answers 200 where nothing is to be sent", async () => {
		const { status, body } = await announceAll([named("a.jpg", { size: 60_000_000 })]);
		expect(status).toBe(200);
		expect(body.uploads).toMatchObject([{ code: "file_too_large" }]);
	});

	it.each([
		[{ files: [] }, "body.files"],
		[{ files: Array.from({ length: 51 }, () => named("a.jpg")) }, "body.files"],
		[{ files: "a.jpg" }, "body.files"],
		[{ files: [named("a.jpg")], filename: "a.jpg" }, "body.filename"],
		[{ files: [named("a.jpg")], colour: "red" }, "body.colour"],
		[{}, "body.filename"],
	])("refuses the whole of %j", async (json, field) => {
		const { status, body } = await testApi().as(ada)("POST", "/uploads", { json });
		expect(status).toBe(422);
		expect(body.errors[0].field).toBe(field);
	});

	it("takes one of the user's requests for ten files", async () => {
		const requestsPerMinute = { ...generousLimits.requestsPerMinute, upload: 600 };
		const { as } = testApi({ limits: { ...generousLimits, requestsPerMinute } });
		for (const [count, left] of [
			[10, 599],
			[11, 597],
			[50, 592],
		] as const) {
			const files = Array.from({ length: count }, (_, at) => named(`${at}.jpg`));
			expect((await announceAll(files, as(ada))).headers.get("ratelimit")).toBe(`"upload";r=${left};t=1`);
		}
	});

	it("makes as many pending items as a user may have, and says so for the others", async () => {
		const { as } = testApi({ limits: { ...generousLimits, pendingUploads: 2 } });
		const { status, body } = await announceAll([named("1.jpg"), named("2.jpg"), named("3.jpg")], as(ada));
		expect(status).toBe(201);
		expect(body.uploads[2]).toMatchObject({
			code: "too_many_pending",
			status: 429,
			detail: expect.stringContaining("You have 2 announced uploads"),
		});
		const refusal = await announce({}, as(ada));
		expect(refusal.status).toBe(429);
		expect(Number(refusal.headers.get("retry-after"))).toBeGreaterThan(1);
		expect((await announce({}, as(bob))).status).toBe(201);
		await as(ada)("DELETE", `/items/${body.uploads[0].item_id}`);
		expect((await announce({}, as(ada))).status).toBe(201);
	});
});
