import { beforeEach, describe, expect, it } from "vitest";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

let api: ReturnType<typeof testApi>;
let itemId: string;

beforeEach(async () => {
	api = testApi();
	({ itemId } = await readyItem(api.ports, ada, { headline: "A lighthouse at dusk" }));
});

const get = (path: string, user = ada) => api.as(user)("GET", `/golden-dataset/${path}`);
const post = (path: string, json: object, user = ada) => api.as(user)("POST", `/golden-dataset/${path}`, { json });

/** As the predecessor's page sends it. */
const entry = () => ({
	item_id: itemId,
	original_filename: "IMG_7930 Large.jpeg",
	reviewed_at: "2025-12-13T23:02:52.946Z",
	source_analyses_count: 2,
	source_analysis_ids: ["072af23f-7169-47dd-8105-76cef2b0a358", "c201da01-0384-4de2-b365-bafae982a465"],
	category: "Travel",
	subcategories: ["art"],
	headline: "A lighthouse",
	summary: "It stands on a rock.",
	media_metadata: {
		original_poster: "Ada",
		tagged_accounts: [],
		location_tags: ["lisbon"],
		audio_source: null,
		hashtags: [],
	},
	image_details: {
		extracted_text: ["KEEP OUT"],
		objects: ["lighthouse"],
		themes: [],
		emotions: [],
		vibes: [],
		visual_hierarchy: ["lighthouse"],
		key_interest: "The light",
		likely_source: "TikTok",
	},
});

describe("the golden dataset", () => {
	it("lists what is not reviewed yet, with every analysis", async () => {
		const { status, body } = await get("items");
		expect(status).toBe(200);
		expect(body).toMatchObject({
			items: [
				{
					item_id: itemId,
					filename: `${itemId}.png`,
					original_filename: "shot.png",
					has_golden: false,
					analyses: [{ version: 1 }],
				},
			],
			total: 1,
			reviewed_count: 0,
		});
		await post("save", entry());
		expect((await get("items")).body).toMatchObject({ items: [], total: 0, reviewed_count: 1 });
		expect((await get("items?review_mode=reviewed")).body).toMatchObject({ items: [{ has_golden: true }], total: 1 });
		expect((await get("items?review_mode=all&limit=1&offset=1")).body).toMatchObject({ items: [], total: 1 });
	});

	it("keeps an entry whole, and counts it", async () => {
		expect((await get(`entry/${itemId}`)).body).toEqual({ entry: null });
		expect((await get("status")).body).toEqual({ total_items: 1, reviewed_items: 0, progress_percentage: 0 });
		const { status, body } = await post("save", entry());
		expect([status, body]).toEqual([200, { status: "saved", item_id: itemId, total_golden_count: 1 }]);
		expect((await get(`entry/${itemId}`)).body).toEqual({
			entry: { ...entry(), original_filename: "shot.png", tags: [] },
		});
		await readyItem(api.ports, ada);
		await readyItem(api.ports, ada);
		expect((await get("status")).body).toEqual({ total_items: 3, reviewed_items: 1, progress_percentage: 33.3 });
	});

	it("dates an entry now where it names no time", async () => {
		const { reviewed_at: _, source_analyses_count: __, source_analysis_ids: ___, ...undated } = entry();
		await post("save", undated);
		const saved = (await get(`entry/${itemId}`)).body.entry;
		expect(Math.abs(Date.now() - Date.parse(saved.reviewed_at))).toBeLessThan(60_000);
		expect(saved).toMatchObject({ source_analysis_ids: [], source_analyses_count: 0 });
	});

	it("compares texts by characters, headlines and summaries by words", async () => {
		const text = await post("compare", {
			item_id: itemId,
			field_type: "extracted_text",
			values: [["Gate", "B22"], ["Gate B2Z"], "Gate B22"],
		});
		expect(text.body).toEqual({
			similarity_matrix: [
				[1, 0.875, 1],
				[0.875, 1, 0.875],
				[1, 0.875, 1],
			],
			highest_agreement: { index: 0, avg_similarity: (1 + 0.875 + 1) / 3 },
			method: "levenshtein",
		});
		const headline = await post("compare", {
			item_id: itemId,
			field_type: "headline",
			values: ["A lighthouse at dusk", "Lighthouse, dusk", "A menu"],
		});
		expect(headline.body).toMatchObject({ method: "tfidf", highest_agreement: { index: 0 } });
		expect(headline.body.similarity_matrix[0][1]).toBeCloseTo(1);
		expect(headline.body.similarity_matrix[0][2]).toBe(0);
	});

	it("answers another person's item, and an unknown one, with 404 and changes nothing", async () => {
		const comparison = { item_id: itemId, field_type: "headline", values: ["a"] };
		for (const item_id of [itemId, "99999999-9999-4999-8999-999999999999", "none"]) {
			const answers = [
				await post("save", { ...entry(), item_id }, bob),
				await post("compare", { ...comparison, item_id }, bob),
				await get(`entry/${item_id}`, bob),
			];
			expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
				answers.map(() => [404, "item_not_found"]),
			);
		}
		expect((await get("items?review_mode=all", bob)).body).toEqual({ items: [], total: 0, reviewed_count: 0 });
		expect((await get("status", bob)).body.total_items).toBe(0);
		expect((await get(`entry/${itemId}`)).body.entry).toBeNull();
	});

	it.each([
		["an unknown field", { surprise: 1 }, "body.surprise"],
		["a category that is empty", { category: "" }, "body.category"],
		["a NUL byte deep inside", { image_details: { ...entry().image_details, extra: { deep: ["a\0b"] } } }, "body"],
		["no headline", { headline: undefined }, "body.headline"],
		["a time that is none", { reviewed_at: "yesterday" }, "body.reviewed_at"],
	])("refuses an entry with %s", async (_, change, field) => {
		const { status, body } = await post("save", { ...entry(), ...change });
		expect([status, body.errors[0].field]).toEqual([422, field]);
	});

	it.each([
		["no value", []],
		["eleven values", Array(11).fill("a")],
		["a text of 5,001 characters", ["a".repeat(5_001)]],
		["lines of 5,001 characters together", [["a".repeat(2_500), "b".repeat(2_500)]]],
	])("refuses to compare %s", async (_, values) => {
		const { status, body } = await post("compare", { item_id: itemId, field_type: "extracted_text", values });
		expect([status, body.code]).toEqual([422, "invalid_fields"]);
	});
});
