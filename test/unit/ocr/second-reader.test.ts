import { describe, expect, test } from "vitest";
import { accented } from "#ai/offline/ocr/accents.ts";
import type { PlacedLine } from "#ai/offline/ocr/lines.ts";
import { betterReadIn, readAgain } from "#ai/offline/ocr/second-reader.ts";

describe("a word read twice", () => {
	test.each([
		["Koln", "Köln", "Köln"],
		["DomstraBe", "Domstraße", "Domstraße"],
		["Año", "Año", "Año"],
	])("%s and %s is %s", (word, seen, expected) => {
		expect(accented(word, seen)).toBe(expected);
	});

	test.each([
		["4711", "4/11"],
		["Weif", "Weıß"],
		["Reunion", "Reunión de"],
		["Ole", "Öl"],
	])("%s and %s are not the same word", (word, seen) => {
		expect(accented(word, seen)).toBeNull();
	});
});

function lineOf(text: string, confidence = 1): PlacedLine {
	const characters = [...text].map((each, step) => ({ text: each, confidence, step }));
	return { characters, steps: text.length, confidence, box: { x: 50, y: 10, width: 100, height: 20, angle: 0 } };
}
const textOf = (line: PlacedLine | undefined) => line?.characters.map(({ text }) => text).join("");

describe("the language that Tesseract reads better", () => {
	test.each([
		["deu", ["Die Sitzung ist am Montag und nicht", "mit dem Zug"]],
		["deu", ["Käse 2,49"]],
		["spa", ["la reunion de los vecinos es el jueves", "por la noche"]],
		["jpn", ["東京の駅"]],
		[null, ["the meeting is on Monday"]],
		[null, ["麻婆豆腐"]],
	])("is %s in %j", (language, texts) => {
		expect(betterReadIn(texts.map((text) => lineOf(text)))).toBe(language);
	});
});

describe("lines read again", () => {
	const seen = (...words: string[]) => words.map((text) => ({ text, confidence: 0.9 }));

	test("get the accents, and keep digits and words that only PP-OCR read", () => {
		const [line] = readAgain(
			[lineOf("Koln 50668 am Rhein")],
			[],
			"deu",
			() => seen("Köln", "S0668", "arn"),
			() => true,
		);
		expect(textOf(line)).toBe("Köln 50668 am Rhein");
	});

	test("are read whole in Japanese, also those of which PP-OCR made noise", () => {
		const read = readAgain(
			[lineOf("東京の", 0.8)],
			[lineOf("z2", 0.4)],
			"jpn",
			() => seen("のぞみ", "12"),
			() => true,
		);
		expect(read.map(textOf)).toEqual(["のぞみ12", "のぞみ12"]);
	});

	test("stay as they are when the time is over", () => {
		const [line] = readAgain(
			[lineOf("Koln")],
			[],
			"deu",
			() => seen("Köln"),
			() => false,
		);
		expect(textOf(line)).toBe("Koln");
	});
});
