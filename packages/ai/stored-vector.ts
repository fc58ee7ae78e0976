import { embeddingDimensions } from "#core/ports/index.ts";
import { rotate } from "./rotation.ts";

/**
 * Returns a model's vector in the form that is stored: of length 1, padded with zeros, which changes no similarity, and
 * rotated, since the 1-bit codes of padding would tell no texts apart. Otherwise returns what is wrong with the vector.
 */
export function storedVector(numbers: readonly number[] | Float32Array): Float32Array | string {
	if (numbers.length > embeddingDimensions) {
		return `a vector of ${numbers.length} dimensions, more than the ${embeddingDimensions} that are stored`;
	}
	const length = Math.hypot(...numbers);
	if (!Number.isFinite(length) || length === 0) return "a vector that has no direction";
	const padded = new Float32Array(embeddingDimensions);
	padded.set(numbers.map((value) => value / length));
	return rotate(padded);
}
