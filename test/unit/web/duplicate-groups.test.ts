import { expect, test } from "vitest";
import { bestOf, duplicateGroups, groupKey } from "#web/features/duplicates/duplicate-groups.ts";

test("a group has an item and those that resemble it, and an item is in one group alone", () => {
	const groups = duplicateGroups([
		["a", "b"],
		["b", "a"],
		["b", "c"],
		["x", "y"],
	]);
	expect(groups.map(groupKey)).toEqual(["a,b,c", "x,y"]);
});

test("of a chain the ends are not one group", () => {
	const chain = duplicateGroups([
		["a", "b"],
		["b", "c"],
		["c", "d"],
		["d", "e"],
	]);
	expect(chain.map(groupKey)).toEqual(["a,b,c", "d,e"]);
});

test("the best has the most pixels, else the largest file, else it came first", () => {
	const item = (id: string, width: number, file_size: number, day: number) => {
		return { id, width, height: 100, file_size, created_at: `2026-01-0${day}T00:00:00Z` };
	};
	expect(bestOf([item("small", 10, 9, 1), item("large", 20, 1, 2)])?.id).toBe("large");
	expect(bestOf([item("light", 10, 1, 1), item("heavy", 10, 2, 2)])?.id).toBe("heavy");
	expect(bestOf([item("late", 10, 1, 2), item("early", 10, 1, 1)])?.id).toBe("early");
	expect(bestOf([])).toBe(undefined);
});
