import { beforeEach, describe, expect, it } from "vitest";
import { fakeChat } from "#fakes/chat.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
let lighthouse: string;
beforeEach(async () => {
	api = testApi();
	lighthouse = (await readyItem(api.ports, ada, { headline: "A lighthouse at dusk", category: "Travel" })).itemId;
	await readyItem(api.ports, ada, { headline: "A lighthouse of cake", category: "Food" });
});

const search = (body: object, user = ada) =>
	api.as(user)("POST", "/search", { json: { query: "lighthouse", include_answer: false, ...body } });
const unknownCategory = 'Nothing was found: no item has the category "Trvel", yours are Food, Travel.';
const idsOf = ({ body }: Awaited<ReturnType<typeof search>>) =>
	body.results.map(({ item_id }: { item_id: string }) => item_id);

describe("a search", () => {
	it.each(["bm25", "vector", "hybrid", "agentic"])("by %s takes the filters of a list", async (search_type) => {
		await api.as(ada)("PATCH", `/items/${lighthouse}`, { json: { favorite: true, tags: ["sea"] } });
		const day = new Date().toISOString().slice(0, 10);
		for (const filter of [
			{ category_filter: "tRAVEL" },
			{ favorite: true },
			{ tag: "Sea" },
			{ tag: ["sea"], from: day, to: day, provider: "offline", status: "ready" },
		]) {
			expect(idsOf(await search({ search_type, ...filter })), JSON.stringify(filter)).toEqual([lighthouse]);
		}
		for (const filter of [{ tag: "land" }, { from: "2100-01-01" }, { provider: "none" }]) {
			const { status, body } = await search({ search_type, ...filter });
			expect([status, body.results, body.total_results]).toEqual([200, [], 0]);
		}
		expect(idsOf(await search({ search_type, favorite: true }, bob))).toEqual([]);
	});

	it.each(["bm25", "vector", "hybrid", "agentic"])(
		"by %s says that no item has a category, and which there are",
		async (search_type) => {
			const { body } = await search({ search_type, category_filter: "Trvel" });
			expect(body.results).toEqual([]);
			expect(body.notices).toEqual([unknownCategory]);
			expect((await search({ search_type, category_filter: "travel" })).body.notices).toEqual([]);
		},
	);

	it("for similar items, or in a chat, says the same of a category", async () => {
		const path = `/items/${lighthouse}/similar`;
		const similar = await api.as(ada)("POST", path, { json: { category_filter: "Trvel" } });
		expect(similar.body).toMatchObject({ results: [], notices: [unknownCategory] });
		expect((await api.as(ada)("POST", path, { json: { category_filter: "fOOD" } })).body).toMatchObject({
			total_results: 1,
			notices: [],
		});
		const chat = fakeChat((_, calls) =>
			calls === 1
				? { toolCalls: [{ name: "search_collection", input: { query: "lighthouse" } }] }
				: { text: "Nothing fits." },
		);
		const json = { message: "lighthouse", category_filter: "Trvel" };
		const { body } = await testApi({ ports: { ...api.ports, chat } }).as(ada)("POST", "/chat", { json });
		expect(body.message.content).toContain(unknownCategory);
	});

	it.each(["bm25", "vector", "hybrid"])("by %s has queries of one and two characters", async (search_type) => {
		const { itemId } = await readyItem(api.ports, "kai", { headline: "駅 X tv" });
		for (const query of ["駅", "x", "TV"]) {
			expect(idsOf(await search({ query, search_type }, "kai")), query).toEqual([itemId]);
		}
	});

	it("goes on at an offset, with ranks that go on", async () => {
		const all = idsOf(await search({ search_type: "bm25" }));
		const next = await search({ search_type: "bm25", offset: 1 });
		expect(idsOf(next)).toEqual(all.slice(1));
		expect(next.body.results[0].rank).toBe(2);
	});

	it("finds by the beginning of a word where it is asked to", async () => {
		expect(idsOf(await search({ query: "lighth", search_type: "bm25" }))).toEqual([]);
		expect(idsOf(await search({ query: "lighth", search_type: "bm25", prefix: true }))).toHaveLength(2);
	});

	it("shows one of near-duplicates with the ids of the others", async () => {
		const { body } = await search({ search_type: "bm25", group_by: "duplicate" });
		expect(body.results.map(({ duplicates }: { duplicates: string[] }) => duplicates)).toEqual([[], []]);
		const both = idsOf(await search({ search_type: "bm25" }));
		const alike = testApi({
			ports: { ...api.ports, similar: { ...api.ports.similar, pairs: async () => [[both[1], both[0]]] } },
		});
		const json = { query: "lighthouse", search_type: "bm25", include_answer: false, group_by: "duplicate" };
		const grouped = await alike.as(ada)("POST", "/search", { json });
		expect(grouped.body.results).toMatchObject([{ item_id: both[0], rank: 1, duplicates: [both[1]] }]);
		expect(grouped.body.total_results).toBe(1);
	});

	it.each([
		[{ prefix: true }, "body.prefix"],
		[{ prefix: true, search_type: "vector" }, "body.prefix"],
		[{ offset: 1, search_type: "agentic" }, "body.offset"],
		[{ offset: 1, group_by: "duplicate" }, "body.offset"],
		[{ offset: 151 }, "body.offset"],
		[{ group_by: "day" }, "body.group_by"],
		[{ from: "soon" }, "body.from"],
		[{ status: "gone" }, "body.status"],
		[{ album: "x" }, "body.album"],
	])("refuses %j with the field's name", async (body, field) => {
		const { status, body: problem } = await search(body);
		expect(status).toBe(422);
		expect(problem.detail).toContain(field);
	});
});
