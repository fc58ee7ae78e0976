import { describe, expect, test } from "vitest";
import { decode } from "#ai/offline/ocr/ctc.ts";

const alphabet = ["a", "b", "東", "京"];
const classes = ["", ...alphabet, " "];

/** One step for each entry: a class and, beside it, the probability of a space. */
function outputOf(...steps: [best: string, space?: number][]): Float32Array {
	return Float32Array.from(
		steps.flatMap(([best, space = 0]) =>
			classes.map((each) => (each === best ? 0.9 - space : each === " " ? space : 0)),
		),
	);
}

const textOf = (...steps: [best: string, space?: number][]) =>
	decode(outputOf(...steps), alphabet)
		.characters.map(({ text }) => text)
		.join("");

describe("a recognizer's output", () => {
	test("is one character for equal ones in a row, and two where a blank is between them", () => {
		expect(textOf(["a"], ["a"], ["b"], [""], ["b"])).toBe("abb");
	});

	test("has a space where one is likelier than 2 % between two characters, though never the most probable", () => {
		expect(textOf(["a"], ["", 0.03], ["b"])).toBe("a b");
		expect(textOf(["a"], ["", 0.01], ["b"])).toBe("ab");
	});

	test("has a space where it is the most probable, and none at its ends", () => {
		expect(textOf([" "], ["a"], [" "], ["b"], [" "])).toBe("a b");
	});

	test("has no spaces between ideographs", () => {
		expect(textOf(["東"], ["", 0.3], ["京"], ["", 0.3], ["a"])).toBe("東京 a");
	});

	test("says where a character is and how sure it is, by its surest step", () => {
		const { characters, steps } = decode(outputOf([""], ["a", 0.4], ["a"], [""]), alphabet);
		expect(steps).toBe(4);
		expect(characters).toEqual([{ text: "a", step: 1, confidence: expect.closeTo(0.9) }]);
	});
});
