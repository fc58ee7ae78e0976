import { describe, expect, test } from "vitest";
import { imageDescription } from "#core/items/analysis.ts";
import { matchBoxes } from "#core/search/place-matches.ts";

const box = { x: 0, y: 0.5, width: 0.6, height: 0.02 };

/** The boxes of words on a picture whose one line is at `box`. */
const boxesOf = (line: string, ...words: Looked[]) => placesOf(line, words);

type Looked = string | { word: string; corrected_to: string };

function placesOf(line: string, words: Looked[], beginning?: string) {
	const description = imageDescription.parse({
		category: "Other",
		headline: "",
		summary: "",
		image_details: { extracted_text: [line], text_lines: [{ text: line, confidence: 1, box }] },
		media_metadata: {},
	});
	return matchBoxes(
		description,
		words.map((word) => ({ field: "extracted_text", ...(typeof word === "string" ? { word } : word) })),
		beginning,
	);
}

const part = (x: number, width: number) => ({ ...box, x, width });

describe("the boxes of a match", () => {
	test("are the part of the line with the word, by its share of the characters", () => {
		expect(boxesOf("the gate 12 b", "gate")).toEqual([{ word: "gate", text: "gate", box: part(0.1846, 0.1846) }]);
	});

	test("are there for each occurrence, and for each word", () => {
		expect(boxesOf("gate or gate 12", "gate", "12").map(({ word, text }) => [word, text])).toEqual([
			["gate", "gate"],
			["gate", "gate"],
			["12", "12"],
		]);
	});

	test("are there for the beginning of a word, where the query ends in one", () => {
		expect(placesOf("Kilimanjaro kilims", ["kili"], "kili").map(({ text }) => text)).toEqual(["Kilimanjaro", "kilims"]);
		expect(placesOf("Kilimanjaro kilims", ["kili"])).toEqual([]);
		expect(placesOf("Kilimanjaro kilims", ["kili"], "house")).toEqual([]);
	});

	test.each([
		["tickets", "Ticket for two", "Ticket"],
		["muller", "Café MÜLLER", "MÜLLER"],
		["Rechnungen", "Ihre Rechnung", "Rechnung"],
		["билеты", "Два билета", "билета"],
	])("are there for another form of a word: %s in %s", (word, line, text) => {
		expect(boxesOf(line, word).map((each) => each.text)).toEqual([text]);
	});

	test("are there for the word that was found instead of a misspelt one", () => {
		expect(boxesOf("Your receipt", { word: "reciept", corrected_to: "receipt" })).toMatchObject([
			{ word: "reciept", text: "receipt" },
		]);
	});

	test("are the whole line where it has the word as several tokens", () => {
		expect(boxesOf("Total 1,200.50", "1200.50")).toEqual([{ word: "1200.50", text: "Total 1,200.50", box }]);
	});

	test("are the characters of a word in text without spaces", () => {
		expect(boxesOf("私は東京駅にいる", "東京")).toEqual([{ word: "東京", text: "東京", box: part(0.15, 0.15) }]);
		expect(boxesOf("京都", "東京")).toEqual([]);
	});

	test("are none where the picture does not have the word, and 100 at most", () => {
		expect(boxesOf("Your receipt", "gate")).toEqual([]);
		expect(boxesOf("gate ".repeat(300), "gate")).toHaveLength(100);
	});
});
