import { expect, it } from "vitest";
import { hasFact } from "#tools/eval/answers/facts.ts";
import { faultsOf } from "#tools/eval/answers/faults.ts";

const id = "1c6a680c-e5e3-42e0-9bf2-bed7863237d9";
const secondId = "d5ebd2cd-f71b-4d6e-898a-0e3cc02302ff";
const question = { ask: "How much?", facts: [["64.18"]], items: [id], held_out: false, other_words: false };
const cited = (text: string, ...ids: string[]) => ({
	text,
	citations: ids.map((itemId) => ({ itemId, sentence: "", snippet: "" })),
});
const faults = (answer: Parameters<typeof faultsOf>[1]) => faultsOf(question, answer, (itemId) => itemId);

it.each([
	["the total is 64.18", "64.18", true],
	["164.18", "64.18", false],
	["5.50", "5", false],
	["Holly  4", "HOLLY 4", true],
	["5月14日15:00に", "15:00", true],
])("in %j the fact %j is found: %s", (text, fact, isFound) => {
	expect(hasFact(text, [fact])).toBe(isFound);
});

it("an answer is right if it has the facts, and cites only their items in every sentence", () => {
	expect(faults(cited(`TOTAL 64.18 [${id}].`, id))).toEqual([]);
	expect(faults({ text: null, citations: [] })).toEqual(["has no answer"]);
	expect(faults(cited(`TOTAL 46.18 [${id}].`, id))).toEqual(["lacks 64.18"]);
	expect(faults(cited(`TOTAL 64.18 [${id}]. Bread [${secondId}].`, id, secondId))).toEqual([`cites ${secondId}`]);
	expect(faults(cited(`It was a shop. TOTAL 64.18 [${id}].`, id))).toEqual(['cites nothing for "It was a shop."']);
});

it("a question without an answer is answered by none", () => {
	const hopeless = { ...question, facts: [], items: [] };
	expect(faultsOf(hopeless, { text: null, citations: [] }, String)).toEqual([]);
	expect(faultsOf(hopeless, cited(`It is 5 [${id}].`, id), String)).toHaveLength(1);
});
