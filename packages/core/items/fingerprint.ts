/** The looks of a picture, to be compared with others. */
export interface Fingerprint {
	/** 16 hex digits; pictures that look the same differ in few bits. */
	perceptualHash: string;
	/** The same of the picture without its margins, in the order of `cropWindows`. */
	cropHashes: string[];
	/** The brightness of 64 x 64 cells, a byte each, row by row. */
	luma: Uint8Array;
}

/** The hashes alone: crop hashes are null where the picture was processed before there were any. */
export interface Hashes {
	perceptualHash: string;
	cropHashes: string[] | null;
}

/** Returns the bits, of 64, in which two pictures' hashes differ, or those of one and the other's crops if fewer. */
export function hashDistance(first: Hashes, second: Hashes): number {
	return Math.min(
		differingBits(first.perceptualHash, second.perceptualHash),
		...(first.cropHashes ?? []).map((hash) => differingBits(hash, second.perceptualHash)),
		...(second.cropHashes ?? []).map((hash) => differingBits(first.perceptualHash, hash)),
	);
}

function differingBits(first: string, second: string): number {
	const half = (from: number) =>
		Number.parseInt(first.slice(from, from + 8), 16) ^ Number.parseInt(second.slice(from, from + 8), 16);
	return bitCount(half(0)) + bitCount(half(8));
}

/** Counts the bits of an integer of 32: of each pair, four and byte; the highest byte of the product is the sum of all bytes. */
function bitCount(bits: number): number {
	const pairs = bits - ((bits >>> 1) & 0x5555_5555);
	const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
	return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Cells of a row, and of a column, of `Fingerprint.luma`. */
export const lumaSide = 64;

/** A part of a picture: where it begins and ends, as shares of width and height. */
export interface Window {
	left: number;
	right: number;
	top: number;
	bottom: number;
}

export const whole: Window = { left: 0, right: 1, top: 0, bottom: 1 };

/** The largest margin, as a share of a side, without which a picture is still the same. */
export const maxMargin = 0.1;

/** Without the margins of two sides that meet, and without all four: every other crop is near one of these, or the whole. */
export const cropWindows: readonly Window[] = [
	{ ...whole, left: maxMargin, top: maxMargin },
	{ ...whole, right: 1 - maxMargin, top: maxMargin },
	{ ...whole, left: maxMargin, bottom: 1 - maxMargin },
	{ ...whole, right: 1 - maxMargin, bottom: 1 - maxMargin },
	{ left: maxMargin, right: 1 - maxMargin, top: maxMargin, bottom: 1 - maxMargin },
];
