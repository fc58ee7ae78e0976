import { describe, expect, it } from "vitest";
import { allRoutes } from "#lambdas/api/routes/table.ts";
import { ada, png, testApi } from "./test-api.ts";

const { as } = testApi();
const ask = as(`${ada}@admin`);
const raw = (contentType: string, body: string) => ({
	raw: {
		headers: { authorization: `Bearer ${ada}`, "content-type": contentType },
		body,
	},
});

const bodies: Record<string, object> = {
	"/search": { query: "abc" },
	"/uploads": { filename: "a.png", content_type: "image/png", size: 1 },
};

describe("an unknown field", () => {
	it.each(allRoutes.filter((route) => !route.public))(
		"in the query string of $method $path is refused with its name",
		async ({ method, path }) => {
			const answer = await ask(method, path.replace(/{\w+}/, "x"), {
				query: { colour: "red" },
				...(bodies[path] ? { json: bodies[path] } : {}),
				...(path === "/items" && method === "POST" ? { form: { file: png() } } : {}),
			});
			expect(answer.status).toBe(422);
			expect(answer.body.errors).toEqual([{ field: "query.colour", detail: expect.any(String) }]);
			expect(answer.body.detail).toContain("query.colour");
		},
	);

	it.each(["colour", "__proto__", "user_id"])("%s in a body is refused with its name", async (name) => {
		const body = `{"query": "abc", "${name}": 1}`;
		const answer = await ask("POST", "/search", raw("application/json", body));
		expect(answer.status).toBe(422);
		expect(answer.body.detail).toContain(`body.${name}`);
	});

	it("in a form is refused with its name", async () => {
		const answer = await ask("POST", "/items", {
			form: { file: png(), title: "x" },
		});
		expect(answer.status).toBe(422);
		expect(answer.body.errors[0].field).toBe("body.title");
	});
});

describe("a body", () => {
	it.each(["{", "", "[1", "nul", '{"query": "abc"'])("that is not JSON (%j) is refused", async (body) => {
		const answer = await ask("POST", "/search", raw("application/json", body));
		expect(answer.status).toBe(400);
		expect(answer.body.code).toBe("invalid_request");
	});

	it.each([
		[5, "body.tag: Must be text."],
		[["sea", 5], "body.tag.1: Must be text."],
		[{}, "body.tag: Must be text."],
	])(
		"with a tag that is neither a text nor a list of texts (%j) is refused with what is wrong",
		async (tag, detail) => {
			const answer = await ask("POST", "/search", { json: { query: "abc", tag } });
			expect([answer.status, answer.body.detail]).toEqual([422, detail]);
		},
	);

	it.each(["[]", "null", "1", '"abc"'])("that is JSON but not an object (%s) is refused", async (body) => {
		const answer = await ask("POST", "/search", raw("application/json", body));
		expect(answer.status).toBe(422);
	});

	it("of another content type is refused", async () => {
		const answer = await ask("POST", "/search", raw("text/plain", "abc"));
		expect(answer.status).toBe(415);
	});

	it("that is missing is refused with the missing field's name", async () => {
		const answer = await ask("POST", "/search");
		expect(answer.status).toBe(422);
		expect(answer.body.errors).toEqual([{ field: "body.query", detail: "This field is missing" }]);
	});

	it("of JSON above 64 KB is refused", async () => {
		const atLimit = await ask("POST", "/search", {
			json: { query: "x".repeat(64 * 1024 - 12) },
		});
		expect(atLimit.status).toBe(422);
		const above = await ask("POST", "/search", {
			json: { query: "x".repeat(64 * 1024 - 11) },
		});
		expect(above.status).toBe(413);
		expect(above.body.code).toBe("request_too_large");
	});
});

describe("nesting", () => {
	const nested = (depth: number) => `{"query": "abc", "deep": ${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;

	it("of ten levels is read, and of more refused", async () => {
		const read = await ask("POST", "/search", raw("application/json", nested(10)));
		expect(read.body.detail).toContain("body.deep");
		const refused = await ask("POST", "/search", raw("application/json", nested(11)));
		expect(refused.status).toBe(400);
		expect(refused.body.detail).toContain("nested deeper than 10 levels");
	});

	it.each(['"[[[[[[[[[[[["', '"\\"[[[[[[[[[[[["', '"\\\\", "search_type": "["'])(
		"inside a text is no nesting: %s",
		async (text) => {
			const { body } = await ask("POST", "/search", raw("application/json", `{"query": ${text}}`));
			expect(JSON.stringify(body)).not.toContain("nested deeper");
		},
	);

	it("is measured in a moment, whatever the text", async () => {
		const began = performance.now();
		for (const text of ['"\\"'.repeat(16_000), "[".repeat(64_000), '{"a":'.repeat(12_000)]) {
			expect((await ask("POST", "/search", raw("application/json", text))).status).toBe(400);
		}
		// Read again from each bracket on, it would take minutes.
		expect(performance.now() - began).toBeLessThan(20_000);
	});
});

describe("an address", () => {
	it("of more than 8,192 characters is refused with its length", async () => {
		const fits = await ask("GET", `/items?category=${"x".repeat(8_192 - 16)}`);
		expect(fits.status).toBe(422);
		const { status, body } = await ask("GET", `/items?category=${"x".repeat(8_192 - 15)}`);
		expect(status).toBe(414);
		expect(body).toMatchObject({ code: "address_too_long", detail: expect.stringContaining("8193 characters") });
		expect((await ask("GET", `/version?${"x".repeat(9_000)}`)).status).toBe(414);
	});
});

describe("headers", () => {
	it("of more than 8,192 bytes are refused", async () => {
		const headers = { authorization: `Bearer ${ada}`, "x-long": "x".repeat(8_000) };
		expect((await ask("GET", "/items", { raw: { headers } })).status).toBe(200);
		const longer = { ...headers, "x-more": "x".repeat(200) };
		const { status, body } = await ask("GET", "/items", { raw: { headers: longer } });
		expect(status).toBe(431);
		expect(body).toMatchObject({ code: "headers_too_large", detail: expect.stringContaining("8192") });
	});
});

describe("an id", () => {
	it.each([
		["GET", "/items/%00"],
		["GET", "/items/1"],
		["DELETE", "/items/..%2f..%2fetc"],
		["GET", "/items/x/analyses"],
		["GET", "/analyses/%F0%9F%98%80"],
		["GET", "/images/shot.png"],
		["GET", "/images/%00.png"],
		["GET", "/images/.png"],
		["GET", `/items/${crypto.randomUUID()}0`],
	])("that is invalid is not found: %s %s", async (method, path) => {
		const answer = await ask(method, path);
		expect(answer.status).toBe(404);
		expect(answer.body.detail).toMatch(/^There is no /);
	});
});

describe("a list", () => {
	it.each([
		["limit", "0"],
		["limit", "101"],
		["limit", "ten"],
		["limit", "1.5"],
		["limit", "1e1"],
		["limit", ""],
		["offset", "-1"],
		["offset", "99999999999999999999"],
		["status", "done"],
		["category", "a\0b"],
		["cursor", "x".repeat(2_001)],
	])("with %s=%j is refused", async (name, value) => {
		const answer = await ask("GET", "/items", { query: { [name]: value } });
		expect(answer.status).toBe(422);
		expect(answer.body.errors[0].field).toBe(`query.${name}`);
	});

	it("with a field twice is refused", async () => {
		const answer = await ask("GET", "/items?limit=1&limit=2");
		expect(answer.status).toBe(422);
	});
});

describe("a path without a route", () => {
	it("is a 404 problem that names it", async () => {
		const answer = await ask("POST", "/downloads");
		expect(answer.status).toBe(404);
		expect(answer.body).toMatchObject({
			code: "route_not_found",
			detail: expect.stringContaining("POST /downloads"),
		});
	});
});
