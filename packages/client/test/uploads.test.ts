import { expect, test } from "vitest";
import { CollectionsClient } from "../index.ts";
import { stubServer } from "./stub-server.ts";

const form = (url: string, item_id: string) => ({
	item_id,
	url: `${url}/storage`,
	fields: { key: item_id },
	expires_at: "",
});

test("a small picture goes through the API", async () => {
	await using api = await stubServer(() => ({ body: { id: "1" } }));
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	expect(await client.upload("shot.png", new Uint8Array([1, 2, 3]))).toEqual({ id: "1" });
	const [{ method, path, headers, body } = expect.unreachable()] = api.received;
	expect([method, path]).toEqual(["POST", "/items"]);
	expect(headers["content-type"]).toMatch(/^multipart\/form-data/);
	expect(body).toContain('name="file"; filename="shot.png"');
});

test("a large picture goes straight to storage, as the form says and without the token", async () => {
	await using api = await stubServer(({ path }) => {
		if (path === "/uploads") return { status: 201, body: form(api.url, "9") };
		return path === "/storage" ? { status: 204 } : { body: { id: "9", status: "pending" } };
	});
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	expect(await client.upload("photo.jpg", new Uint8Array(4_000_001))).toMatchObject({ id: "9" });
	const [announced, stored] = api.received;
	expect(JSON.parse(announced?.body ?? "")).toEqual({
		filename: "photo.jpg",
		content_type: "image/jpeg",
		size: 4_000_001,
		sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
	});
	expect(stored?.headers.authorization).toBeUndefined();
	expect(stored?.body).toMatch(/name="key"\r\n\r\n9\r\n/);
	expect(stored?.body.length).toBeGreaterThan(4_000_001);
});

test("a picture that storage refuses is an error with its status", async () => {
	await using api = await stubServer(({ path }) =>
		path === "/uploads" ? { status: 201, body: form(api.url, "9") } : { status: 403, body: "<Error/>" },
	);
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	await expect(client.upload("photo.jpg", new Uint8Array(4_000_001))).rejects.toMatchObject({ status: 403 });
});

test("many pictures are announced 50 at a time, and one that is refused does not hold up the others", async () => {
	const answers = new Map<string, (url: string) => object>([
		["refused.png", () => ({ code: "invalid_fields", detail: "Too large." })],
		["known.png", () => ({ id: "known" })],
	]);
	await using api = await stubServer(({ path, body }) => {
		if (path !== "/uploads") return { status: 204 };
		const { files } = JSON.parse(body) as { files: { filename: string }[] };
		const uploads = files.map(({ filename }) => answers.get(filename)?.(api.url) ?? form(api.url, filename));
		return { status: 201, body: { uploads } };
	});
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	const names = ["refused.png", "known.png", ...Array.from({ length: 50 }, (_, at) => `${at}.png`)];
	const files = names.map((filename) => ({ filename, content: new Blob([filename]), own: true }));
	const outcomes = new Map<string, string>();
	for await (const uploaded of client.uploadAll(files)) {
		expect(uploaded.file.own).toBe(true);
		outcomes.set(uploaded.file.filename, "id" in uploaded ? uploaded.id : uploaded.problem.detail);
	}
	expect(outcomes.size).toBe(52);
	expect(outcomes.get("refused.png")).toBe("Too large.");
	expect(outcomes.get("known.png")).toBe("known");
	expect(outcomes.get("7.png")).toBe("7.png");
	const paths = api.received.map(({ path }) => path);
	expect(paths.filter((path) => path === "/uploads")).toHaveLength(2);
	expect(paths.filter((path) => path === "/storage")).toHaveLength(50);
});

test("the same bytes twice among many are sent once, also side by side", async () => {
	await using api = await stubServer(({ path, body }) => {
		if (path !== "/uploads") return { status: 204, afterMs: 20 };
		const { files } = JSON.parse(body) as { files: { filename: string }[] };
		return { status: 201, body: { uploads: files.map(({ filename }) => form(api.url, filename)) } };
	});
	const client = new CollectionsClient({ apiUrl: api.url, session: "t" });
	const files = ["a.png", "b.png", "copy.png"].map((filename) => ({
		filename,
		content: new Blob([filename === "copy.png" ? "a.png" : filename]),
	}));
	const outcomes: unknown[] = [];
	for await (const uploaded of client.uploadAll(files)) {
		outcomes.push("id" in uploaded && [uploaded.file.filename, uploaded.id, uploaded.sent]);
	}
	expect(outcomes).toEqual([
		["a.png", "a.png", true],
		["b.png", "b.png", true],
		["copy.png", "a.png", false],
	]);
	expect(api.received.filter(({ path }) => path === "/storage")).toHaveLength(2);
});
