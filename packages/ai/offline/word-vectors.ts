import { readFile } from "node:fs/promises";
import { once } from "#core/once.ts";
import { assetPath } from "./asset-path.ts";
import { wordVectorsAsset } from "./word-vectors-asset.ts";

/** A word's vector and how much the word tells. */
export interface WordVector {
	/** Integers; `scale` makes them comparable with those of other words. */
	values: Int8Array;
	scale: number;
	/** Smooth inverse frequency, 0 to 1: rare words near 1. */
	weight: number;
}

/** The most frequent English words with their vectors. */
export interface WordVectors {
	readonly dimensions: number;
	/** Returns the vector of a word in lower case without accents, or null for an unknown word. */
	find(word: string): WordVector | null;
}

/**
 * The file: a header of four 32-bit numbers, then for each word, in the order of their letters, where its letters begin
 * (32 bits, and where the last one's end), its scale and its weight (32-bit floats) and its values (8 bits each), then
 * the letters of all words. Numbers are little-endian.
 */
export const wordVectorsFormat = { magic: 0x31_56_57_43, headerBytes: 16 } as const;

/** Reads the table, once in a process. */
export const wordVectors = once(async () =>
	readWordVectors(await readFile(assetPath("word-vectors", wordVectorsAsset))),
);

/** Returns whether a word, in any case and with or without accents, is among the most frequent English words. */
export async function isWord(word: string): Promise<boolean> {
	return (await wordVectors()).find(plainText(word)) !== null;
}

/** Returns a text in lower case without accents. */
export function plainText(text: string): string {
	return text
		.normalize("NFKD")
		.replaceAll(/\p{M}/gu, "") // é is e
		.toLowerCase();
}

/** Reads the bytes of a table in place: a map of objects would take ten times their memory. */
export function readWordVectors(bytes: Uint8Array): WordVectors {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const at = (offset: number) => view.getUint32(offset, true);
	const [magic, words, dimensions, letterBytes] = [at(0), at(4), at(8), at(12)];
	const starts = wordVectorsFormat.headerBytes;
	const scales = starts + 4 * (words + 1);
	const weights = scales + 4 * words;
	const values = weights + 4 * words;
	const letters = values + words * dimensions;
	if (magic !== wordVectorsFormat.magic || letters + letterBytes !== bytes.byteLength) {
		throw new Error("The table of word vectors is damaged: make word-vectors writes it again.");
	}

	/** Returns a negative number, 0 or a positive one where the word of that index is before, the same or after. */
	const compare = (index: number, word: string) => {
		const start = letters + at(starts + 4 * index);
		const length = letters + at(starts + 4 * (index + 1)) - start;
		for (let letter = 0; letter < length && letter < word.length; letter++) {
			const difference = (bytes[start + letter] ?? 0) - word.charCodeAt(letter);
			if (difference !== 0) return difference;
		}
		return length - word.length;
	};

	return {
		dimensions,
		find(word) {
			let [low, high] = [0, words - 1];
			while (low <= high) {
				const middle = (low + high) >>> 1;
				const order = compare(middle, word);
				if (order === 0) {
					return {
						values: new Int8Array(bytes.buffer, bytes.byteOffset + values + middle * dimensions, dimensions),
						scale: view.getFloat32(scales + 4 * middle, true),
						weight: view.getFloat32(weights + 4 * middle, true),
					};
				}
				if (order < 0) low = middle + 1;
				else high = middle - 1;
			}
			return null;
		},
	};
}
