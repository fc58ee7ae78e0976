import { expect, it } from "vitest";
import { textLines } from "#ai/offline/ocr/lines.ts";

/** Places a line that was recognized in a picture of 100 x 20 pixels. */
const placed = (text: string) => ({
	characters: [...text].map((character, step) => ({ text: character, confidence: 1, step })),
	confidence: 1,
	steps: text.length,
	box: { x: 50, y: 10, width: 100, height: 20, angle: 0 },
});
const read = (text: string) => textLines([placed(text)], { width: 100, height: 20 })[0]?.text;

it.each([
	["Ramen lchiban", "Ramen Ichiban"],
	["lnvoice lnternational:", "Invoice International:"],
	["10 lbs of lard, lhasa, ltd llama", "10 lbs of lard, lhasa, ltd llama"],
	["l2C lśnić", "l2C lśnić"],
])("a small L that begins no word is a capital I: %s", (text, expected) => {
	expect(read(text)).toBe(expected);
});
