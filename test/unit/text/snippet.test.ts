import { expect, test } from "vitest";
import { snippetOf } from "#postgres/search/snippet.ts";

const term = (word: string, ...lexemes: string[]) => ({
	word,
	idf: 1,
	correctedTo: null,
	lexemes: lexemes.map((lexeme) => ({ lexeme, similarity: 1, documents: 1 })),
});
const filler = (word: string) => `${word} `.repeat(60);

test("a snippet is the part of the text with the most terms, of 24 words at most", () => {
	const text = `${filler("before")}the hotel ${filler("between")}the hotel in Lisbon ${filler("after")}`;
	const snippet = snippetOf(text, [term("hotel", "hotel"), term("lisbon", "lisbon")]);
	expect(snippet).toContain("hotel in Lisbon");
	expect(snippet.split(" ")).toHaveLength(24);
});

test.each([
	["Straße", term("strasse", "strasse")],
	["Müller", term("muller", "muller")],
	["école", term("ecole", "ecole")],
	["서울에서", term("서울", "서울", "ko:서울")],
	["がっこう", term("がっこう", "がっ", "っこ", "こう")],
	["ёлка", term("елка", "елка")],
	["receipts", term("receipt", "en:receipt")],
])("a snippet has %s", (word, looked) => {
	expect(snippetOf(`${filler("before")}${word} ${filler("after")}`, [looked])).toContain(word);
});

test("a snippet of a text without spaces is as short as others", () => {
	const snippet = snippetOf(`${"大".repeat(5_000)}東京駅${"小".repeat(5_000)}`, [term("東京駅", "東京", "京駅")]);
	expect(snippet).toContain("東京駅");
	expect(snippet.length).toBeLessThanOrEqual(24 * 24);
});

test("a text without the terms begins its snippet, an empty one has none", () => {
	expect(snippetOf("one two", [term("three", "three")])).toBe("one two");
	expect(snippetOf("", [term("three", "three")])).toBe("");
	expect(snippetOf(" \n ", [])).toBe("");
});
