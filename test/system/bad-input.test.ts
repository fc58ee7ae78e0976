import { randomUUID } from "node:crypto";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { ApiProblem, type CollectionsClient } from "#client/index.ts";
import { screenshot } from "./drawings.ts";
import { newUser, outputs } from "./environment.ts";
import { hugePng } from "./huge-png.ts";

let user: CollectionsClient;
let png: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
	user = await newUser("clumsy");
	png = (await screenshot()).bytes;
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

test.each<[string, string, () => Uint8Array<ArrayBuffer>, RegExp]>([
	["no bytes", "empty.png", () => new Uint8Array(), /empty/i],
	["a text named .png", "lie.png", () => bytesOf("this is no image at all"), /PNG, JPEG/],
	["an SVG", "drawing.svg", () => bytesOf('<svg xmlns="http://www.w3.org/2000/svg"/>'), /SVG/],
	["a PDF", "paper.pdf", () => bytesOf("%PDF-1.7\n%"), /PDF/],
	["a HEIC photo", "photo.heic", () => bytesOf("\0\0\0\x18ftypheic\0\0\0\0mif1heic"), /HEIC/],
])("an upload of %s is refused with an explanation", async (_, filename, bytes, sentence) => {
	const refused = await user.upload(filename, bytes()).catch((error) => error);
	expect(refused).toBeInstanceOf(ApiProblem);
	expect(refused.status).toBe(400);
	expect(refused.body.detail).toMatch(sentence);
});

test.each<[string, () => Promise<Uint8Array<ArrayBuffer>>, string]>([
	["a truncated PNG", async () => png.slice(0, png.length / 2), "undecodable_image"],
	[
		"a truncated JPEG",
		async () => {
			const jpeg = await sharp(png).jpeg().toBuffer();
			return new Uint8Array(jpeg.subarray(0, jpeg.length / 2));
		},
		"undecodable_image",
	],
	["30,000 x 30,000 pixels in a small file", async () => hugePng(30_000, 30_000), "too_many_pixels"],
])("%s fails with an error code", async (_, bytes, code) => {
	const { id } = await user.upload("broken.png", await bytes());
	const { status, error } = await user.settled(id);
	expect({ status, code: error?.code }).toEqual({ status: "failed", code });
	expect(error?.detail).toMatch(/\w.*\.$/);
});

test("an image with a wrong declared type gets the type of its content", async () => {
	const { bytes, filename } = await screenshot();
	const item = await user.upload(filename.replace(".png", ".jpg"), bytes);
	expect(item.filename).toBe(`${item.id}.png`);
	expect((await user.settled(item.id)).status).toBe("ready");
});

/** Posts a file through the API, whatever its size: the client would send a large one straight to storage. @returns the error */
async function post(filename: string, bytes: Uint8Array<ArrayBuffer>): Promise<ApiProblem> {
	const form = new FormData();
	form.set("file", new Blob([bytes]), filename);
	return user.call("POST", "/items", form).then(
		() => Promise.reject(new Error("The upload was accepted.")),
		(error) => error,
	);
}

test("the API's error for an upload above 4 MB names POST /uploads", async () => {
	const bytes = new Uint8Array(4 * 1024 * 1024 + 1);
	bytes.set(png.subarray(0, 64));
	const refused = await post("big.png", bytes);
	expect(refused.status).toBe(413);
	expect(refused.body).toMatchObject({ detail: expect.stringContaining("POST /uploads") });
});

test("the gateway refuses a request that is too large for Lambda", async () => {
	const refused = await post("huge.png", new Uint8Array(6 * 1024 * 1024));
	expect(refused.status).toBe(413);
	expect(refused.body).toEqual({ message: "Request Entity Too Large" });
});

test("the refusal of an unknown field names it", async () => {
	const refused = await user.search("boarding pass", { topk: 3 }).catch((error) => error);
	expect(refused.status).toBe(422);
	expect(JSON.stringify(refused.body.errors)).toContain("topk");
});

test.each<[string, Record<string, string>]>([
	["no token", {}],
	["no bearer", { authorization: "Basic abc" }],
	["a token that is none", { authorization: "Bearer abc.def.ghi" }],
	[
		"an unsigned token (alg none)",
		{
			authorization: `Bearer ${[
				{ alg: "none", typ: "JWT" },
				{
					iss: outputs.TokenIssuer,
					aud: outputs.UserPoolClientId,
					sub: randomUUID(),
					token_use: "id",
					exp: 4_000_000_000,
				},
			]
				.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
				.join(".")}.`,
		},
	],
])("a request with %s is a 401", async (_, headers) => {
	const response = await fetch(`${outputs.ApiUrl.replace(/\/$/, "")}/items`, {
		headers,
	});
	expect(response.status).toBe(401);
});

test("an unknown path is the API's 404, and public pages need no token", async () => {
	const api = outputs.ApiUrl.replace(/\/$/, "");
	const missing = await fetch(`${api}/nowhere`);
	expect(missing.status).toBe(404);
	expect(missing.headers.get("content-type")).toContain("application/problem+json");
	for (const path of ["/health", "/version", "/docs", "/openapi.json"]) {
		expect((await fetch(api + path)).status, path).toBe(200);
	}
});
