import { expect, test } from "vitest";
import { differing } from "#web/features/viewer/differing.ts";

const marked = (text: string, other: string) =>
	differing(text, other)
		.map(({ text, isOnlyHere }) => (isOnlyHere ? `[${text}]` : text))
		.join("");

test("words that the other text lacks are marked, and neighbours as one", () => {
	expect(marked("A red boat at dusk", "A boat")).toBe("A [red] boat [at dusk]");
	expect(marked("Gate B22,\nseat 14A", "gate b22, seat 3C")).toBe("Gate B22,\nseat [14A]");
	expect(marked("駅の近く", "駅の近く")).toBe("駅の近く");
	expect(marked("", "words")).toBe("");
});
