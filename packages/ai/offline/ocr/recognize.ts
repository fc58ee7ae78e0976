import type { Pixels } from "#core/ports/index.ts";
import { type Character, decode } from "./ctc.ts";
import { type Rectangle, sample } from "./sample.ts";

/** Returns the probabilities of an alphabet at each step along a line, for an input of `lineHeight` rows. */
export type Recognizer = (input: Float32Array, width: number) => Promise<Float32Array>;

export const lineHeight = 48;
/** The model was trained with lines padded to it. */
const minWidth = 320;
/** A longer line is a border or noise, and takes memory. */
const maxWidth = 4_800;
const normalization = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] } as const;

/** A line as it was recognized. */
export interface Recognized {
	characters: Character[];
	/** The steps of the line's whole width. */
	steps: number;
	/** The mean of the characters', 0 to 1. */
	confidence: number;
}

/** Recognizes the characters of one line, alone: padded to the length of another line, it would be read worse. */
export async function recognize(
	pixels: Pixels,
	box: Rectangle,
	recognizer: Recognizer,
	alphabet: readonly string[],
): Promise<Recognized> {
	const width = Math.min(maxWidth, Math.max(8, Math.round((lineHeight * box.width) / box.height)));
	const drawn = sample(pixels, box, { width, height: lineHeight }, normalization);
	const padded = width < minWidth ? padTo(drawn, width, minWidth) : drawn;
	const { characters, steps } = decode(await recognizer(padded, Math.max(width, minWidth)), alphabet);
	const letters = characters.filter(({ text }) => text !== " ");
	return {
		characters,
		steps: (steps * width) / Math.max(width, minWidth),
		confidence: letters.reduce((sum, { confidence }) => sum + confidence, 0) / Math.max(1, letters.length),
	};
}

function padTo(planes: Float32Array, width: number, to: number): Float32Array {
	const padded = new Float32Array((planes.length / width) * to);
	for (let row = 0; row * width < planes.length; row++) {
		padded.set(planes.subarray(row * width, (row + 1) * width), row * to);
	}
	return padded;
}
