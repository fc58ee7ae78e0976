import { expect, test } from "vitest";
import { closestWords, editDistance } from "#text/corrections.ts";

const closest = (word: string, ...vocabulary: string[]) =>
	closestWords(
		word,
		vocabulary.map((each, at) => ({ word: each, documents: vocabulary.length - at })),
	).map((each) => each.word);

test.each([
	["a letter left out", "reciept".replace("ie", "i"), "recipt", 0],
	["a letter left out", "recept", "receipt", 1],
	["a letter too many", "receiipt", "receipt", 1],
	["another letter", "recaipt", "receipt", 1],
	["two letters swapped", "reciept", "receipt", 1],
	["the first two letters swapped", "erceipt", "receipt", 1],
	["another first letter", "teceipt", "receipt", 1],
	["two errors", "resiept", "receipt", 2],
	["more errors than the limit", "abcdefg", "receipt", 3],
])("%s: %s is near to %s by %i", (_, a, b, distance) => {
	expect(editDistance(a, b, 2)).toBe(distance);
	expect(editDistance(b, a, 2)).toBe(distance);
});

test.each([
	["recieptt", ["receipt"]],
	["reciept", ["receipt"]],
	["teceipt", ["receipt"]],
	["lufthnasa", ["lufthansa"]],
	["luftahnssa", ["lufthansa"]],
	["unterlagne", ["unterlagen"]],
])("%s means %j", (word, meant) => {
	expect(closest(word, "boarding", "receipt", "lufthansa", "unterlagen", "recital")).toEqual(meant);
});

test("several words at the smallest distance are candidates, those with the same beginning first", () => {
	expect(closest("bood", "book", "food", "wood", "boot", "blood", "hotel")).toEqual(["book", "boot", "blood"]);
});

test("a word nearer than others leaves them out", () => {
	expect(closest("boardingg", "boarding", "boarders")).toEqual(["boarding"]);
});

test("a short word with two errors means nothing", () => {
	expect(closest("pxrxs", "paris")).toEqual([]);
	expect(closest("paris", "park", "parking")).toEqual([]);
});

test("a word is no correction of itself", () => {
	expect(closest("paris", "paris")).toEqual([]);
});
