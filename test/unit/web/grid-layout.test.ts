import { describe, expect, test } from "vitest";
import { gridRows, moved, rowOf } from "#web/features/library/grid-layout.ts";
import { extended, nothingSelected, toggled } from "#web/features/library/selection.ts";

const rows = gridRows(
	[
		{ title: "June", count: 5 },
		{ title: "May", count: 0 },
		{ title: "April", count: 4 },
	],
	3,
);

describe("rows", () => {
	test("each section has its heading and rows; an empty one has none", () => {
		expect(rows).toEqual([
			{ kind: "heading", title: "June", count: 5 },
			{ kind: "tiles", from: 0, to: 3 },
			{ kind: "tiles", from: 3, to: 5 },
			{ kind: "heading", title: "April", count: 4 },
			{ kind: "tiles", from: 5, to: 8 },
			{ kind: "tiles", from: 8, to: 9 },
		]);
	});

	test("every item is found in its row", () => {
		expect([0, 2, 3, 4, 5, 8].map((index) => rowOf(rows, index))).toEqual([1, 1, 2, 2, 4, 5]);
		expect(rowOf(rows, 9)).toBe(-1);
	});
});

test("arrow keys move over headings and into shorter rows", () => {
	expect(moved(rows, 1, "down", 9, 3)).toBe(4);
	expect(moved(rows, 2, "down", 9, 3)).toBe(4);
	expect(moved(rows, 4, "down", 9, 3)).toBe(6);
	expect(moved(rows, 0, "up", 9, 3)).toBe(0);
	expect(moved(rows, 8, "right", 9, 3)).toBe(8);
	expect(moved(rows, 0, "end", 9, 3)).toBe(8);
	expect(moved(rows, 0, "page-down", 9, 3)).toBe(8);
});

describe("selection", () => {
	const ids = ["a", "b", "c", undefined, "e"];

	test("Shift selects from the anchor on, without items that are not loaded", () => {
		const selection = extended(toggled(nothingSelected, "b", 1), 4, (index) => ids[index]);
		expect([...selection.ids]).toEqual(["b", "c", "e"]);
		expect(selection.anchor).toBe(1);
	});

	test("taking away the last ends the range", () => {
		expect(toggled(toggled(nothingSelected, "a", 0), "a", 0)).toEqual(nothingSelected);
	});
});
