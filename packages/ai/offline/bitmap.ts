/** A black-and-white image as Leptonica holds it: rows of 32-bit words, the leftmost pixel in the highest bit, 1 is black. */
export interface Bitmap {
	width: number;
	height: number;
	wordsPerRow: number;
	words: Uint32Array;
}

/** Counts in each row the places where a pixel and its left neighbour differ. */
export function edgesByRow({ width, height, wordsPerRow, words }: Bitmap): number[] {
	return Array.from({ length: height }, (_, row) => {
		let edges = 0;
		let left = 0;
		for (let at = 0; at * 32 < width; at++) {
			const word = words[row * wordsPerRow + at] as number;
			const before = at === 0 ? word >>> 31 : left;
			const beyond = Math.max(0, (at + 1) * 32 - width);
			edges += bitsIn((word ^ ((word >>> 1) | (before << 31))) & (0xffffffff << beyond));
			left = word & 1;
		}
		return edges;
	});
}

/** A part of an image as high as its lines of text together. */
export interface Band {
	top: number;
	height: number;
}

/** Where a band may end: a line of text and the gap below it are lower. */
const rowsToGap = 60;

/** Divides an image into bands of about `edgesPerBand` edges, where the rows have the fewest: between lines of text. */
export function bandsOf(edges: readonly number[], edgesPerBand: number): Band[] {
	const bands: Band[] = [];
	let top = 0;
	let sum = 0;
	for (let row = 0; row < edges.length; row++) {
		sum += edges[row] as number;
		if (sum < edgesPerBand || row + rowsToGap >= edges.length) continue;
		const next = edges.slice(row, row + rowsToGap);
		row += next.indexOf(Math.min(...next));
		bands.push({ top, height: row - top });
		top = row;
		sum = 0;
	}
	return [...bands, { top, height: edges.length - top }];
}

/** Counts the ones of 32 bits: in pairs, in fours, in bytes, and those of the bytes at once. */
function bitsIn(word: number): number {
	const pairs = word - ((word >>> 1) & 0x55555555);
	const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
	return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
