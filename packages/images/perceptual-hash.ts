import type { Sharp } from "sharp";

const columns = 9;
const rows = 8;

/**
 * What a picture looks like as 64 bits, in hex (dHash): whether each of 8 x 8 places is darker than the one to its
 * right. Size, format, quality and brightness hardly change it.
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

/** The hash of 9 x 8 pixels of one byte, row by row. */
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
