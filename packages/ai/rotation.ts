import { embeddingDimensions } from "#core/ports/index.ts";
import { hashOf } from "./hash.ts";

/**
 * Rotates a vector, which changes no similarity: features stand in a few dimensions, and a short text would have nothing
 * in the others, where 1-bit codes tell texts apart by whether a dimension is positive. Twice, since the sums of few
 * features cancel out to 0, too.
 */
export function rotate(vector: Float32Array): Float32Array {
	for (const signs of rotationSigns) {
		for (let at = 0; at < vector.length; at++) {
			vector[at] = (vector[at] ?? 0) * (signs[at] ?? 1);
		}
		hadamardTransform(vector);
	}
	return vector;
}

const rotationSigns = ["first", "second"].map((turn) =>
	Float32Array.from({ length: embeddingDimensions }, (_, at) => (hashOf(`${turn} ${at}`) >>> 31 ? -1 : 1)),
);

/** The fast Walsh-Hadamard transform, scaled so that it keeps lengths; of a power of two many dimensions. */
function hadamardTransform(vector: Float32Array): void {
	const scale = Math.SQRT1_2;
	for (let half = 1; half < vector.length; half *= 2) {
		for (let from = 0; from < vector.length; from += 2 * half) {
			for (let at = from; at < from + half; at++) {
				const [low, high] = [vector[at] ?? 0, vector[at + half] ?? 0];
				vector[at] = (low + high) * scale;
				vector[at + half] = (low - high) * scale;
			}
		}
	}
}
