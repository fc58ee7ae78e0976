import { expect, test } from "vitest";
import { bounded, fit, fitted, zoomed } from "#web/features/viewer/zoom.ts";

const stage = { width: 800, height: 600 };

test("a large picture is seen whole, a small one is not blown up", () => {
	expect(fit({ width: 1_600, height: 2_400 }, stage)).toEqual({ width: 400, height: 600 });
	expect(fit({ width: 100, height: 50 }, stage)).toEqual({ width: 100, height: 50 });
});

test("the point under the pointer stays where it is", () => {
	const view = zoomed(fitted, 2, { x: 100, y: -50 });
	expect(view).toEqual({ scale: 2, x: -100, y: 50 });
	expect(zoomed(view, 0.1, { x: 0, y: 0 }).scale).toBe(1);
});

test("a picture cannot be moved off the stage, and one that fits stays in the middle", () => {
	expect(bounded({ scale: 2, x: 900, y: -900 }, { width: 600, height: 600 }, stage)).toEqual({
		scale: 2,
		x: 200,
		y: -300,
	});
	expect(bounded({ scale: 1, x: 40, y: 40 }, { width: 400, height: 600 }, stage)).toEqual(fitted);
});
