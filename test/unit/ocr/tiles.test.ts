import { describe, expect, test } from "vitest";
import { detailOf, trimmed } from "#ai/offline/ocr/detail.ts";
import { stretches } from "#ai/offline/ocr/tiles.ts";

describe("the stretches of a side", () => {
	test("are one where it is short enough", () => {
		expect(stretches(1_280, 1_280, 128)).toEqual([{ start: 0, end: 1_280, coreStart: 0, coreEnd: 1_280 }]);
	});

	test.each([1_281, 2_400, 3_840, 12_000, 12_345])(
		"of %i pixels overlap, fit, and decide each pixel once",
		(length) => {
			const all = stretches(length, 1_280, 128);
			expect(all.at(0)?.coreStart).toBe(0);
			expect(all.at(-1)).toMatchObject({ end: length, coreEnd: length });
			for (const [at, { start, end, coreStart, coreEnd }] of all.entries()) {
				expect(end - start).toBeLessThanOrEqual(1_280);
				expect(coreStart).toBeGreaterThanOrEqual(start);
				expect(coreEnd).toBeLessThanOrEqual(end);
				const next = all[at + 1];
				if (!next) continue;
				expect(next.coreStart).toBe(coreEnd);
				expect(end - coreEnd).toBeGreaterThanOrEqual(60);
				expect(next.coreStart - next.start).toBeGreaterThanOrEqual(60);
			}
		},
	);
});

/** A grey picture with a darker square. */
function picture(square: { left: number; top: number; side: number; value: number }) {
	const [width, height] = [320, 160];
	const data = new Uint8Array(width * height * 3).fill(128);
	for (let y = square.top; y < square.top + square.side; y++) {
		const from = (y * width + square.left) * 3;
		data.fill(square.value, from, from + square.side * 3);
	}
	return { data, width, height };
}

describe("a region of a picture", () => {
	const whole = { left: 0, top: 0, width: 320, height: 160 };

	test("is trimmed to what is drawn in it, with a margin", () => {
		const detail = detailOf(picture({ left: 100, top: 50, side: 8, value: 90 }));
		expect(trimmed(detail, whole, 32)).toEqual({ left: 64, top: 16, width: 80, height: 80 });
	});

	test("is nothing where all of it looks alike", () => {
		const detail = detailOf(picture({ left: 100, top: 50, side: 8, value: 120 }));
		expect(trimmed(detail, whole, 32)).toBeNull();
	});
});
