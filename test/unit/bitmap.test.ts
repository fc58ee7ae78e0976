import { expect, it } from "vitest";
import { bandsOf, edgesByRow } from "#ai/offline/bitmap.ts";

/** Reads a picture of `#` and `.`, padded to whole words with ones. */
function bitmap(...rows: string[]) {
	const width = rows[0]?.length ?? 0;
	const wordsPerRow = Math.ceil(width / 32);
	const words = rows.flatMap((row) =>
		Array.from({ length: wordsPerRow }, (_, at) => {
			const bits = row.slice(at * 32, at * 32 + 32).padEnd(32, "#");
			return Number.parseInt(bits.replaceAll("#", "1").replaceAll(".", "0"), 2);
		}),
	);
	return { width, height: rows.length, wordsPerRow, words: Uint32Array.from(words) };
}

it("edges are the changes between black and white in each row, across words and not beyond the width", () => {
	expect(edgesByRow(bitmap("....", "####"))).toEqual([0, 0]);
	expect(edgesByRow(bitmap("#.#.", ".##."))).toEqual([3, 2]);
	expect(edgesByRow(bitmap(`${".".repeat(31)}#`))).toEqual([1]);
	expect(edgesByRow(bitmap(`${".".repeat(32)}#.`, `${"#".repeat(32)}##`))).toEqual([2, 0]);
	expect(edgesByRow(bitmap("#.".repeat(50)))).toEqual([99]);
});

it("bands end between lines of text, and cover the image", () => {
	const lines = Array.from({ length: 100 }, () => [...Array(12).fill(10), ...Array(8).fill(0)]).flat();
	const bands = bandsOf(lines, 1_000);
	expect(bands.length).toBeGreaterThan(8);
	let top = 0;
	for (const band of bands) {
		expect(band.top).toBe(top);
		top += band.height;
	}
	expect(top).toBe(lines.length);
	for (const band of bands.slice(1)) expect(lines[band.top]).toBe(0);
	expect(bandsOf(lines, 100_000)).toEqual([{ top: 0, height: 2_000 }]);
});
