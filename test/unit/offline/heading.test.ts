import { expect, test } from "vitest";
import { headingOf } from "#ai/offline/describe/heading.ts";
import { legible } from "#ai/offline/describe/legible-lines.ts";

const line = (text: string, x: number, y: number, height: number) =>
	legible({ text, confidence: 0.99, box: { x, y, width: 0.4, height } });
const title = line("Night train to", 0.117, 0.074, 0.058);
const body = [line("Coach 254, berth 36", 0.109, 0.252, 0.039), line("Arrives 08:19", 0.1, 0.432, 0.036)];

test("a heading has the lines of its size below it, as high as their letters are", () => {
	const { title: text, titleTexts } = headingOf([title, line("Vienna", 0.113, 0.143, 0.05), ...body]);
	expect(text).toBe("Night train to Vienna");
	expect(titleTexts).toEqual(["Night train to", "Vienna"]);
});

test.each([
	["smaller", line("to be paid there", 0.117, 0.143, 0.036)],
	["apart", line("Vienna", 0.113, 0.21, 0.05)],
	["beside it", line("Vienna", 0.6, 0.143, 0.05)],
])("a line that is %s is none of its lines", (_, other) => {
	expect(headingOf([title, other, ...body]).title).toBe("Night train to");
});
