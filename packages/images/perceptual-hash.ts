import type { Sharp } from "sharp";

const columns = 9;
const rows = 8;

/**
 * Returns a picture's difference hash (dHash), 64 bits in hex. A bit says that a pixel of 8 x 8 is darker than its right
 * neighbour. Size, format, quality and brightness hardly change it.
 */
export async function perceptualHash(image: Sharp): Promise<string> {
	const grey = await image
		.flatten({ background: "white" })
		.toColourspace("b-w")
		.resize(columns, rows, { fit: "fill" })
		.raw()
		.toBuffer();
	return differenceHash(grey);
}

/** Hashes 9 x 8 pixels of one byte, row by row. */
export function differenceHash(grey: Uint8Array): string {
	let hash = 0n;
	for (let row = 0; row < rows; row++) {
		for (let at = row * columns; at < row * columns + columns - 1; at++) {
			const darker = (grey[at] ?? 0) < (grey[at + 1] ?? 0);
			hash = (hash << 1n) | (darker ? 1n : 0n);
		}
	}
	return hash.toString(16).padStart(16, "0");
}
