import { beforeAll, describe, expect, it } from "vitest";
import { offlineEmbedder } from "#ai/offline/embedder.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { ada, testApi } from "../unit/api/test-api.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { analyzedItem } from "./item-states.ts";

/** Queries that people and attackers type: each is answered, or refused with a reason, and none causes a server error. */
const oddQueries: [name: string, query: string, status: 200 | 422][] = [
	["nothing", "", 422],
	["spaces", "     ", 422],
	["10,000 characters", "ramen ".repeat(1_666).padEnd(10_000, "x"), 422],
	["a NUL byte", "ramen\0 bowl", 422],
	["half of a surrogate pair", "ramen \ud83d", 422],
	["the other half of a surrogate pair", "\udc4d ramen", 422],
	["one letter", "a", 200],
	["one ideograph", "茶", 200],
	["1,000 characters", "ramen ".repeat(166).padEnd(1_000, "x"), 200],
	["stop words alone", "the of and with", 200],
	["punctuation alone", "?!... --- ///", 200],
	["SQL", "'; drop table items; --", 200],
	["tsquery operators", "a & | ! <-> ( ) :*", 200],
	["a tsquery", "'ramen':A* & !'bowl' <3> (x | y)", 200],
	["quotes that never close", 'ramen "bowl of "" noodle', 200],
	["excluded words alone", "-ramen -bowl", 200],
	["backslashes", "\\ramen \\\\ \\' bowl\\", 200],
	["emoji", "🍜🍜🍜", 200],
	["emoji of several characters", "👩‍👩‍👧‍👦 🏳️‍🌈 ramen", 200],
	["right to left", "مطعم رامن ‏ بالقرب", 200],
	["marks that turn the direction", "\u202eramen\u202c bowl", 200],
	["a script without spaces", "東京のラーメン屋", 200],
	["combining marks", `r${"\u0301".repeat(50)}amen`, 200],
	["a very long word", "r".repeat(1_000), 200],
	["a pattern like a trigram's", "%_%ramen%", 200],
	["the last character of Unicode", "\u{10ffff}\u{10ffff}\u{10ffff} ramen", 200],
];

const ports = postgresPorts((await migratedDatabase()).connect());

describe(`a search over HTTP on ${contractDatabase.title}`, () => {
	let api: ReturnType<typeof testApi>;
	beforeAll(async () => {
		api = testApi({ ports: { ...ports, embedder: offlineEmbedder() } });
		await analyzedItem(ports, ada, { headline: "A bowl of ramen", summary: "Noodles, in a bowl." });
	});

	const post = (body: object) =>
		api.as(ada)("POST", "/search", { json: { include_answer: false, explain: true, ...body } });

	it.each(oddQueries)("answers or refuses %s", async (_, query, expected) => {
		for (const search_type of ["bm25", "vector", "hybrid"]) {
			const { status, body } = await post({ query, search_type });
			expect(status, search_type).toBe(expected);
			if (expected === 422) {
				expect(body.errors[0]).toMatchObject({ field: "body.query" });
				expect(body.errors[0].detail).not.toBe("");
			} else if (body.results.length === 0) {
				expect(body.notices[0]).toMatch(/^Nothing was found: /);
			}
		}
	});

	it.each([0, 51, -1, 2.5])("refuses top_k %d", async (top_k) => {
		const { status, body } = await post({ query: "ramen", top_k });
		expect(status).toBe(422);
		expect(body.errors[0].field).toBe("body.top_k");
	});

	it("counts weak results apart, says so where there are no others, and leaves them out on request", async () => {
		const weak = { query: "ramen unheard unseen", search_type: "bm25" };
		const { body } = await post(weak);
		expect(body).toMatchObject({ total_results: 0, weak_results: 1, results: [{ match: "weak" }] });
		expect(body.notices).toEqual(["Nothing matches well: what follows is near to the query."]);
		const strict = await post({ ...weak, strict: true });
		expect(strict.body).toMatchObject({ total_results: 0, weak_results: 0, results: [] });
		expect(strict.body.notices[0]).toMatch(/^Nothing was found: /);
		const strong = await post({ ...weak, query: "ramen" });
		expect(strong.body).toMatchObject({
			total_results: 1,
			weak_results: 0,
			notices: [],
			results: [{ match: "strong" }],
		});
	});

	it("says which word it looked for instead of a misspelt one", async () => {
		const { body } = await post({ query: "raemn", search_type: "bm25" });
		expect(body.results).toMatchObject([{ corrections: [{ word: "raemn", corrected_to: "ramen" }] }]);
		expect(body.notices).toEqual(['No item has "raemn": looked for "ramen".']);
	});

	it("leaves out what a query negates in words", async () => {
		const { body } = await post({ query: "ramen without noodles", search_type: "hybrid" });
		expect(body.results).toEqual([]);
		expect(body.notices).toContain("Left out what has noodles (as -noodles).");
	});

	it("keeps its tables, and finds the item", async () => {
		const { body } = await post({ query: "ramen", search_type: "bm25" });
		expect(body.results).toHaveLength(1);
		expect(body.results[0].metadata.explanation).toMatchObject({
			text: { rank: 1, matched: [{ word: "ramen", field: "headline" }] },
			vector: null,
		});
		expect(body.results[0].metadata.explanation.snippet).toContain("ramen");
	});
});
