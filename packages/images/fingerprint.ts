import type { Sharp } from "sharp";
import { cropWindows, type Fingerprint, lumaSide, type Window, whole } from "#core/items/fingerprint.ts";

const columns = 9;
const rows = 8;
/** Smaller differences, of 255, are noise of the encoder: on plain areas they would set bits at random. */
const noise = 1;

/** Returns a picture's brightness and the hashes of it. Size, format, quality and brightness hardly change them. */
export async function fingerprint(image: Sharp): Promise<Fingerprint> {
	const luma = await image
		.flatten({ background: "white" })
		.toColourspace("b-w")
		.resize(lumaSide, lumaSide, { fit: "fill" })
		.raw()
		.toBuffer();
	const hashOf = (window: Window) => differenceHash(averages(luma, window));
	return { perceptualHash: hashOf(whole), cropHashes: cropWindows.map(hashOf), luma };
}

/**
 * Hashes 9 x 8 brightnesses, row by row (dHash): 64 bits in hex. A bit says that a cell is darker than its right
 * neighbour.
 */
export function differenceHash(grey: ArrayLike<number>): string {
	let hash = 0n;
	for (let row = 0; row < rows; row++) {
		for (let at = row * columns; at < row * columns + columns - 1; at++) {
			const darker = (grey[at + 1] ?? 0) - (grey[at] ?? 0) > noise;
			hash = (hash << 1n) | (darker ? 1n : 0n);
		}
	}
	return hash.toString(16).padStart(16, "0");
}

/** Averages a window of the cells to 9 x 8. */
function averages(luma: Uint8Array, { left, right, top, bottom }: Window): Float64Array {
	const across = shares(left, right, columns);
	const down = shares(top, bottom, rows);
	const averaged = new Float64Array(columns * rows);
	for (const [row, ofRow] of down.entries()) {
		for (const [column, ofColumn] of across.entries()) {
			let sum = 0;
			for (const { cell: y, share: height } of ofRow) {
				for (const { cell: x, share: width } of ofColumn) sum += (luma[y * lumaSide + x] ?? 0) * width * height;
			}
			averaged[row * columns + column] = sum;
		}
	}
	return averaged;
}

/** Cuts a part of a side into equal pieces. @returns of each piece its cells, with their shares of it */
function shares(from: number, to: number, pieces: number): { cell: number; share: number }[][] {
	const length = ((to - from) * lumaSide) / pieces;
	return Array.from({ length: pieces }, (_, piece) => {
		const start = from * lumaSide + piece * length;
		const end = start + length;
		const first = Math.floor(start);
		return Array.from({ length: Math.ceil(end) - first }, (_, at) => ({
			cell: first + at,
			share: (Math.min(end, first + at + 1) - Math.max(start, first + at)) / length,
		}));
	});
}
