import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { redactMessage } from "#core/chat/redact.ts";
import type { SessionMessage } from "#core/ports/index.ts";

const [gone, kept] = [randomUUID(), randomUUID()];
const notice = "What was said here about a deleted item was removed.";

const shown = (itemId: string) => ({
	itemId,
	mimeType: "image/png" as const,
	score: 0.5,
	category: "Travel",
	headline: "A boarding pass",
	summary: "Seat 14C.",
	snippet: "14C",
	matched: [{ word: "seat", field: "summary" as const }],
	analysisId: randomUUID(),
});

const answer = (text: string, more: Partial<SessionMessage> = {}): SessionMessage => ({
	role: "assistant",
	text,
	at: new Date(),
	items: [],
	toolsUsed: [],
	traceId: null,
	usage: [],
	...more,
});

const redacted = (text: string, more: Partial<SessionMessage> = {}) =>
	redactMessage(answer(text, more), new Set([gone])).text;

describe("an answer about a deleted item", () => {
	it("loses the sentences that cite it, alone or with others, and says so", () => {
		expect(
			redacted(`The seat is 14C [${gone}]. The hotel is in Lisbon [${kept}]. Both are blue [${kept}, ${gone}].`),
		).toBe(`The hotel is in Lisbon [${kept}].\n\n${notice}`);
	});

	it("says only so where nothing else is left", () => {
		expect(redacted(`The seat is 14C [${gone}].`)).toBe(notice);
	});

	it("loses the item's entry of a list, and keeps lines that cite nothing", () => {
		expect(redacted(`I stopped. The best until then:\n- A pass [${gone}]\n- A hotel [${kept}]\n\nBy words only.`)).toBe(
			`I stopped. The best until then:\n- A hotel [${kept}]\n\nBy words only.\n\n${notice}`,
		);
	});

	it("loses what a full stop separates from its citation", () => {
		const text = `A note of Dr. Zebra. Seat 14C, approx. Row 14 [${gone}]. The hotel [${kept}].`;
		expect(redacted(text)).toBe(`The hotel [${kept}].\n\n${notice}`);
	});

	it("is removed whole where it cites no item and has words of it", () => {
		expect(redacted("Your seat is 14C.", { unnamedItems: [kept, gone] })).toBe(notice);
		expect(redacted("Hello!", { unnamedItems: [kept] })).toBe("Hello!");
	});

	it("loses the sentences without a citation where one of them has words of it", () => {
		const text = `You have 2 boarding passes. The latest is of June [${kept}].\n- A pass [${gone}]\n\nBy words only.`;
		expect(redacted(text, { unnamedItems: [gone] })).toBe(`The latest is of June [${kept}].\n\n${notice}`);
	});

	it("keeps the item's place, without its texts", () => {
		const message = redactMessage(answer("Two.", { items: [shown(gone), shown(kept)] }), new Set([gone]));
		const [first, second] = message.items;
		const { itemId, mimeType, score, analysisId } = first ?? shown(gone);
		expect(first).toEqual({
			...{ itemId, mimeType, score, analysisId },
			...{ category: "", headline: "", summary: "", deleted: true },
		});
		expect(second?.headline).toBe("A boarding pass");
	});

	it("is redacted once, however often that is repeated", () => {
		const once = redactMessage(answer(`A pass [${gone}].`, { items: [shown(gone)] }), new Set([gone]));
		expect(redactMessage(once, new Set([gone]))).toBe(once);
		const both = redactMessage(answer(`A pass [${gone}]. A hotel [${kept}].`), new Set([gone]));
		expect(redactMessage(both, new Set([gone, kept])).text).toBe(notice);
	});
});

it("other answers, and questions whatever they quote, stay as they are", () => {
	const unrelated = answer(`The hotel is in Lisbon [${kept}].`, { items: [shown(kept)] });
	expect(redactMessage(unrelated, new Set([gone]))).toBe(unrelated);
	const question = answer(`What about [${gone}]?`, { role: "user" });
	expect(redactMessage(question, new Set([gone]))).toBe(question);
});
