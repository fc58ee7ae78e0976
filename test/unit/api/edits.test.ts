import { describe, expect, it } from "vitest";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

const { as, ports } = testApi();
const edit = (user: string, itemId: string, json: unknown) => as(user)("PATCH", `/items/${itemId}`, { json });
const withHeader = (name: string, value: string, json?: unknown) => ({
	raw: {
		headers: { authorization: `Bearer ${ada}`, "content-type": "application/json", [name]: value },
		...(json === undefined ? {} : { body: JSON.stringify(json) }),
	},
});

describe("PATCH /items/{id}", () => {
	it("shows a person's own words instead of the model's, which it gives back by null", async () => {
		const { itemId } = await readyItem(ports, ada, { headline: "A lighthouse at dusk", category: "Travel" });
		const own = { headline: "Grandma's house", summary: "By the sea.", category: "Family", note: "Summer of 1999" };
		const edited = await edit(ada, itemId, { ...own, favorite: true, tags: ["Sea", "🏖️", "sea "] });
		expect(edited.status).toBe(200);
		expect(edited.body).toMatchObject({
			...own,
			favorite: true,
			tags: ["Sea", "🏖️"],
			edited: { headline: true, summary: true, category: true, note: true, tags: true },
			latest_analysis: { category: "Travel", raw_response: { headline: "A lighthouse at dusk" } },
		});
		const { body: listed } = await as(ada)("GET", "/items", { query: { category: "family" } });
		expect(listed.items).toMatchObject([{ id: itemId, headline: own.headline }]);
		const { body: found } = await as(ada)("POST", "/search", { json: { query: "grandma", include_answer: false } });
		expect(found.results).toMatchObject([{ item_id: itemId, headline: own.headline, category: "Family" }]);

		const taken = await edit(ada, itemId, {
			headline: null,
			summary: null,
			category: null,
			note: null,
			favorite: null,
			tags: null,
		});
		expect(taken.body).toMatchObject({
			headline: "A lighthouse at dusk",
			summary: "A lighthouse at dusk.",
			category: "Travel",
			note: null,
			favorite: false,
			tags: [],
			edited: {},
		});
	});

	it.each([
		["2019-05-06T07:08:09", { taken_at: "2019-05-06T07:08:09.000Z", taken_at_offset: null }],
		["2019-05-06T07:08:09+09:00", { taken_at: "2019-05-05T22:08:09.000Z", taken_at_offset: "+09:00" }],
		["2019-05-06T07:08:09.123Z", { taken_at: "2019-05-06T07:08:09.000Z", taken_at_offset: "+00:00" }],
		["2019-05-06", { taken_at: "2019-05-06T00:00:00.000Z", taken_at_local: "2019-05-06T00:00:00" }],
	])("takes %s as the time when it was taken", async (written, expected) => {
		const { itemId } = await readyItem(ports, ada);
		const { status, body } = await edit(ada, itemId, { taken_at: written });
		expect(status).toBe(200);
		expect(body).toMatchObject({ ...expected, taken_at_source: "user", edited: { taken_at: true } });
		expect((await edit(ada, itemId, { taken_at: null })).body).toMatchObject({ taken_at: null, edited: {} });
	});

	it.each([
		[{ colour: "red" }, "body.colour"],
		[{ headline: "" }, "body.headline"],
		[{ headline: "  " }, "body.headline"],
		[{ headline: "x".repeat(1_001) }, "body.headline"],
		[{ summary: "x".repeat(10_001) }, "body.summary"],
		[{ category: "x".repeat(101) }, "body.category"],
		[{ note: "x".repeat(10_001) }, "body.note"],
		[{ note: "a\0b" }, "body.note"],
		[{ favorite: "yes" }, "body.favorite"],
		[{ taken_at: "yesterday" }, "body.taken_at"],
		[{ taken_at: "2023-02-30T10:00:00" }, "body.taken_at"],
		[{ taken_at: "2023-02-03T10:00:00+99:00" }, "body.taken_at"],
		[{ taken_at: "1200-01-01" }, "body.taken_at"],
		[{ tags: "sea" }, "body.tags"],
		[{ tags: [" "] }, "body.tags.0"],
		[{ tags: ["\u200b"] }, "body.tags.0"],
		[{ tags: ["x".repeat(101)] }, "body.tags.0"],
		[{ tags: Array.from({ length: 1_000 }, (_, index) => `tag ${index}`) }, "body.tags"],
	])("refuses %j by name, and changes nothing", async (json, field) => {
		const { itemId } = await readyItem(ports, ada);
		const before = (await as(ada)("GET", `/items/${itemId}`)).headers.get("etag");
		const answer = await edit(ada, itemId, json);
		expect(answer.status).toBe(422);
		expect(answer.body.errors).toEqual([{ field, detail: expect.any(String) }]);
		expect((await as(ada)("GET", `/items/${itemId}`)).headers.get("etag")).toBe(before);
	});

	it("of another user's item is 404, and changes nothing", async () => {
		const { itemId } = await readyItem(ports, ada);
		const before = (await as(ada)("GET", `/items/${itemId}`)).body;
		for (const id of [itemId, crypto.randomUUID(), "x"]) {
			const answer = await edit(bob, id, { note: "mine", tags: ["mine"] });
			expect(answer).toMatchObject({ status: 404, body: { code: "item_not_found" } });
		}
		expect((await as(ada)("GET", `/items/${itemId}`)).body).toEqual(before);
		expect((await as(bob)("GET", "/tags")).body).toEqual({ tags: [], total: 0 });
	});
});

describe("two windows", () => {
	it("lose nothing: a change of an old version is refused, and its answer says what to do", async () => {
		const { itemId } = await readyItem(ports, ada);
		const path = `/items/${itemId}`;
		const read = await as(ada)("GET", path);
		const etag = read.headers.get("etag") ?? "";
		expect(etag).toMatch(/^"[\w-]{22}"$/);
		const first = await as(ada)("PATCH", path, withHeader("if-match", etag, { note: "first" }));
		expect(first.status).toBe(200);
		expect(first.headers.get("etag")).not.toBe(etag);
		const second = await as(ada)("PATCH", path, withHeader("if-match", etag, { note: "second" }));
		expect(second).toMatchObject({ status: 412, body: { code: "item_changed" } });
		expect(second.body.detail).toContain("GET it again");
		const current = await as(ada)("GET", path);
		expect(current.body.note).toBe("first");
		expect(current.headers.get("etag")).toBe(first.headers.get("etag"));
		const etags = `"other", ${first.headers.get("etag")}`;
		expect((await as(ada)("PATCH", path, withHeader("if-match", etags, { favorite: true }))).status).toBe(200);
		expect((await as(ada)("PATCH", path, withHeader("if-match", "*", { favorite: false }))).status).toBe(200);
	});

	it("may send a weak tag in vain, since it never matches, and no header that is no list of tags", async () => {
		const { itemId } = await readyItem(ports, ada);
		const etag = (await as(ada)("GET", `/items/${itemId}`)).headers.get("etag");
		const weak = await as(ada)("PATCH", `/items/${itemId}`, withHeader("if-match", `W/${etag}`, { note: "x" }));
		expect(weak.status).toBe(412);
		for (const header of ["", "abc", '"a" "b"', `${etag},`]) {
			const answer = await as(ada)("PATCH", `/items/${itemId}`, withHeader("if-match", header, { note: "x" }));
			expect(answer, header).toMatchObject({ status: 400, body: { code: "invalid_request" } });
		}
	});

	it("get the item only if it is another version than they have", async () => {
		const { itemId } = await readyItem(ports, ada);
		const path = `/items/${itemId}`;
		const etag = (await as(ada)("GET", path)).headers.get("etag") ?? "";
		for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
			const answer = await as(ada)("GET", path, withHeader("if-none-match", known));
			expect(answer.status, known).toBe(304);
			expect(answer.headers.get("etag")).toBe(etag);
		}
		await edit(ada, itemId, { favorite: true });
		expect((await as(ada)("GET", path, withHeader("if-none-match", etag))).status).toBe(200);
	});
});
