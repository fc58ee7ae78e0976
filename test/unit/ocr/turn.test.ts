import { describe, expect, test } from "vitest";
import { asItLies, type Quarters, upright } from "#ai/offline/ocr/turn.ts";

/** Three pixels wide and two high; each of its pixels has a value of its own. */
const picture = { data: Uint8Array.from({ length: 18 }, (_, at) => Math.floor(at / 3)), width: 3, height: 2 };
const valuesOf = ({ data }: { data: Uint8Array }) => [...data].filter((_, at) => at % 3 === 0);

describe("a picture that lies", () => {
	test.each<[Quarters, number[]]>([
		[0, [0, 1, 2, 3, 4, 5]],
		// Its first line runs down the right side.
		[1, [2, 5, 1, 4, 0, 3]],
		[2, [5, 4, 3, 2, 1, 0]],
		[3, [3, 0, 4, 1, 5, 2]],
	])("by %i quarters is turned upright", (quarters, values) => {
		expect(valuesOf(upright(picture, quarters))).toEqual(values);
	});

	test.each<Quarters>([0, 1, 2, 3])("by %i quarters has its lines where they are in it", (quarters) => {
		const turned = upright(picture, quarters);
		const [column, row] = [1, turned.height - 1];
		const value = turned.data[(row * turned.width + column) * 3];
		const box = asItLies(
			{ x: column / turned.width, y: row / turned.height, width: 1 / turned.width, height: 1 / turned.height },
			quarters,
		);
		const [x, y] = [Math.round(box.x * picture.width), Math.round(box.y * picture.height)];
		expect(picture.data[(y * picture.width + x) * 3]).toBe(value);
		expect([box.width * picture.width, box.height * picture.height]).toEqual([expect.closeTo(1), expect.closeTo(1)]);
	});
});
