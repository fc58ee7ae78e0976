import { describe, expect, it } from "vitest";
import { readyItem } from "./ready-item.ts";
import { ada, bob, png, testApi } from "./test-api.ts";

const box = { x: 0.1, y: 0.2, width: 0.5, height: 0.05 };

describe("GET /items/{id}/text", () => {
	it("has the lines of the newest analysis with their places", async () => {
		const { as, ports } = testApi();
		const { itemId } = await readyItem(ports, ada, {
			details: {
				extracted_text: ["Gate 12", "Behind glass"],
				text_lines: [{ text: "Gate 12", confidence: 0.97, box }],
				text_complete: false,
			},
		});
		const { status, body } = await as(ada)("GET", `/items/${itemId}/text`);
		expect(status).toBe(200);
		expect(body).toEqual({
			lines: [
				{ text: "Gate 12", box: [0.1, 0.2, 0.5, 0.05], confidence: 0.97 },
				{ text: "Behind glass", box: null, confidence: null },
			],
			complete: false,
		});
	});

	it("is empty and incomplete before the item is analyzed", async () => {
		const { as } = testApi();
		const { body: item } = await as(ada)("POST", "/items", { form: { file: png() } });
		const { status, body } = await as(ada)("GET", `/items/${item.id}/text`);
		expect([status, body]).toEqual([200, { lines: [], complete: false }]);
	});

	it("answers another person, an unknown id and no id alike with 404", async () => {
		const { as, ports } = testApi();
		const { itemId } = await readyItem(ports, ada);
		for (const id of [itemId, "99999999-9999-4999-8999-999999999999", "none"]) {
			const { status, body } = await as(bob)("GET", `/items/${id}/text`);
			expect([status, body.code]).toEqual([404, "item_not_found"]);
		}
	});
});

describe("a search", () => {
	const details = {
		extracted_text: ["Gate 12 closes at noon"],
		text_lines: [{ text: "Gate 12 closes at noon", confidence: 0.97, box }],
	};

	it("with explain has the boxes of the words that it found", async () => {
		const { as, ports } = testApi();
		await readyItem(ports, ada, { details });
		const search = (more: object) =>
			as(ada)("POST", "/search", { json: { query: "gate", search_type: "bm25", include_answer: false, ...more } });
		const { body } = await search({ explain: true });
		expect(body.results[0].boxes).toEqual([{ word: "gate", text: "Gate", box: [0.1, 0.2, 0.0909, 0.05] }]);
		expect((await search({})).body.results[0]).not.toHaveProperty("boxes");
	});

	it("has the box of the line that its answer cites", async () => {
		const { as, ports } = testApi();
		const { itemId } = await readyItem(ports, ada, { details });
		ports.chat.answer = async () => ({
			message: { role: "assistant", text: `It closes at noon [${itemId}].`, toolCalls: [] },
			stopReason: "complete",
			provider: "fake",
			model: "fake",
			traceId: null,
			usage: { provider: "fake", model: "fake", inputTokens: 0, outputTokens: 0, costUsd: 0 },
		});
		const { body } = await as(ada)("POST", "/search", { json: { query: "gate closes noon", search_type: "bm25" } });
		expect(body.citations).toMatchObject([{ snippet: "Gate 12 closes at noon", box: [0.1, 0.2, 0.5, 0.05] }]);
	});
});
