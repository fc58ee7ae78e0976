import { describe, expect, it } from "vitest";
import { firstQuestions, type Known, nextQuestions } from "#web/features/chat/suggestions.ts";

const counted = (...values: string[]) => values.map((value, at) => ({ value, count: 9 - at }));
const known: Known = {
	tags: counted("lisbon", "invoice"),
	categories: counted("other", "travel"),
	headlines: ["Boarding pass", "Receipt"],
};

describe("the questions that a chat offers", () => {
	it("name the newest item, the tags and the categories of the collection", () => {
		expect(firstQuestions(known)).toEqual([
			{ key: "chat.ask.latest", values: { headline: "Boarding pass" } },
			{ key: "chat.ask.tag", values: { tag: "lisbon" } },
			{ key: "chat.ask.category", values: { category: "travel" } },
			{ key: "chat.ask.tag", values: { tag: "invoice" } },
		]);
		expect(firstQuestions({ tags: [], categories: [], headlines: [] })).toEqual([]);
	});

	it("go on from the items that the answer shows", () => {
		const shown = [{ headline: "" }, { headline: "x".repeat(80) }];
		expect(nextQuestions(shown, known).slice(0, 3)).toEqual([
			{ key: "chat.ask.similar", values: { headline: `${"x".repeat(60)}…` } },
			{ key: "chat.followUp.1", values: {} },
			{ key: "chat.ask.tag", values: { tag: "lisbon" } },
		]);
		expect(nextQuestions([], known)[0]?.key).toBe("chat.ask.tag");
	});
});
