import { describe, expect, test } from "vitest";
import { imageDescription, type TextWord } from "#core/items/analysis.ts";
import { placedText } from "#core/items/placed-text.ts";

/** A line of OCR: 0.02 high, as wide as its text. */
const read = (text: string, y: number, x = 0.1, confidence = 0.9): TextWord => ({
	text,
	confidence,
	box: { x, y, width: Math.min(0.8, text.length * 0.02), height: 0.02 },
});

const placed = (extracted_text: string[], text_lines: TextWord[] | undefined) =>
	placedText(
		imageDescription.parse({
			category: "Other",
			headline: "",
			summary: "",
			image_details: { extracted_text, text_lines },
			media_metadata: {},
		}),
	);

describe("the text of a picture", () => {
	test("has the model's words at the places that OCR found, though OCR misread a letter", () => {
		const lines = placed(["Café Müller", "Total: 12.50 €"], [read("Cafe Muller", 0.1), read("Tota1: 12.50", 0.5)]);
		expect(lines).toEqual([
			{ text: "Café Müller", box: read("Cafe Muller", 0.1).box, confidence: 0.9 },
			{ text: "Total: 12.50 €", box: read("Tota1: 12.50", 0.5).box, confidence: 0.9 },
		]);
	});

	test("has no place for what OCR did not find, and keeps its order", () => {
		const lines = placed(["Top", "A sign in the far background", "Bottom"], [read("Top", 0.1), read("Bottom", 0.9)]);
		expect(lines.map(({ text, box }) => [text, box !== null])).toEqual([
			["Top", true],
			["A sign in the far background", false],
			["Bottom", true],
		]);
	});

	test("without OCR is the model's, without places", () => {
		expect(placed(["Gate 12"], undefined)).toEqual([{ text: "Gate 12", box: null, confidence: null }]);
	});

	test("lists what OCR alone read where it stands", () => {
		const lines = placed(["First", "Third"], [read("First", 0.1), read("Second", 0.2, 0.1, 0.7), read("Third", 0.3)]);
		expect(lines.map(({ text, confidence }) => [text, confidence])).toEqual([
			["First", 0.9],
			["Second", 0.7],
			["Third", 0.9],
		]);
	});

	test("places each of two equal lines once", () => {
		const lines = placed(["Reply", "Reply"], [read("Reply", 0.2), read("Reply", 0.6)]);
		expect(lines.map(({ box }) => box?.y)).toEqual([0.2, 0.6]);
	});

	test("places a piece of a row by its share of the characters", () => {
		const row: TextWord = { text: "Subtotal   1234", confidence: 1, box: { x: 0, y: 0.5, width: 0.6, height: 0.02 } };
		const lines = placed(["Subtotal", "1234"], [row]);
		expect(lines.map(({ box }) => box)).toEqual([
			{ x: 0, y: 0.5, width: 0.4, height: 0.02 },
			{ x: 0.4, y: 0.5, width: 0.2, height: 0.02 },
		]);
	});

	test("does not divide a line that lies on its side", () => {
		const row: TextWord = { text: "Subtotal 1234", confidence: 1, box: { x: 0.5, y: 0, width: 0.02, height: 0.6 } };
		expect(placed(["Subtotal"], [row])[0]?.box).toEqual(row.box);
	});

	test("places a paragraph around its lines", () => {
		const [line] = placed(
			["The quick brown fox jumps over the lazy dog and runs away"],
			[
				read("The quick brown fox", 0.1),
				read("jumps over the lazy", 0.13),
				read("dog and runs away", 0.16),
				read("Elsewhere", 0.8),
			],
		);
		expect(line?.box).toEqual({ x: 0.1, y: 0.1, width: 0.38, height: 0.08 });
	});

	test("500 texts and 300 lines of one page are aligned in a moment", () => {
		const words = Array.from({ length: 500 }, (_, at) => `line ${at} of a long page, ${(at * 7919) % 1_000}`);
		const started = performance.now();
		const lines = placed(
			words,
			words.slice(0, 300).map((word, at) => read(word, at / 300)),
		);
		// Each text against each line in full would take minutes.
		expect(performance.now() - started).toBeLessThan(10_000);
		expect(lines.filter(({ box }) => box).length).toBeGreaterThanOrEqual(300);
	});
});
