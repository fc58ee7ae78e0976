import { describe, expect, test } from "vitest";
import { textBoxes } from "#ai/offline/ocr/boxes.ts";

const [width, height] = [200, 100];

/** Draws rectangles of one probability, 0 to 255; `slope` is how far one sinks a pixel. */
function mapOf(
	...spots: { left: number; top: number; right: number; bottom: number; value?: number; slope?: number }[]
) {
	const data = new Uint8Array(width * height);
	for (const { left, top, right, bottom, value = 230, slope = 0 } of spots) {
		for (let x = left; x < right; x++) {
			for (let y = top; y < bottom; y++) data[Math.round(y + (x - left) * slope) * width + x] = value;
		}
	}
	return { data, width, height };
}

const line = { left: 20, top: 10, right: 120, bottom: 20 };

describe("the boxes of a probability map", () => {
	test("are around connected spots, larger than these by what the model leaves out", () => {
		const [box, ...others] = textBoxes(mapOf(line));
		expect(others).toEqual([]);
		expect(box).toMatchObject({ x: 70, y: 15, angle: 0 });
		// 100 x 10 grow by 1.6 times area over half the perimeter.
		expect(box?.width).toBeCloseTo(100 + (2 * 1_000 * 1.6) / 220, 3);
		expect(box?.height).toBeCloseTo(10 + (2 * 1_000 * 1.6) / 220, 3);
	});

	test("are one for each line, even where lines are a pixel apart", () => {
		expect(textBoxes(mapOf(line, { ...line, top: 21, bottom: 31 }))).toHaveLength(2);
	});

	test("leave out what is faint, thin or below the threshold", () => {
		const faint = { ...line, value: 100 };
		const thin = { ...line, top: 50, bottom: 52 };
		const below = { ...line, top: 70, bottom: 80, value: 70 };
		expect(textBoxes(mapOf(faint, thin, below))).toEqual([]);
	});

	test("are turned where a line sinks, and not for the slant of a pixel or two", () => {
		const [sinking] = textBoxes(mapOf({ ...line, slope: 0.2 }));
		expect(sinking?.angle).toBeCloseTo(Math.atan(0.2), 1);
		expect(sinking?.height).toBeLessThan(30);
		const [straight] = textBoxes(mapOf({ ...line, slope: 0.015 }));
		expect(straight?.angle).toBe(0);
	});

	test("stand upright and are higher than wide around a column", () => {
		const [column] = textBoxes(mapOf({ left: 50, top: 5, right: 58, bottom: 95 }));
		expect(column?.angle).toBe(0);
		expect(column?.height).toBeGreaterThan(4 * (column?.width ?? 0));
	});
});
