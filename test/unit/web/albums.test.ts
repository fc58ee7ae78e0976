import { expect, test } from "vitest";
import { stepInOrder } from "#web/features/albums/step-in-order.ts";

const at = (...indexes: number[]) => indexes.map((index) => ({ index }));

test("items that stand together move by one place, and not before the first", () => {
	expect(stepInOrder(at(3, 4), -1)).toBe(2);
	expect(stepInOrder(at(3, 4), 1)).toBe(4);
	expect(stepInOrder(at(0, 1), -1)).toBe(null);
	expect(stepInOrder([], 1)).toBe(null);
});

test("items that stand apart come together where the first of them stands", () => {
	expect(stepInOrder(at(2, 7), -1)).toBe(2);
	expect(stepInOrder(at(2, 7), 1)).toBe(2);
});
