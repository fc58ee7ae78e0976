import { type Hashes, hashDistance } from "../items/fingerprint.ts";
import { candidateBits } from "../ports/similar.ts";
import { isNearDuplicate, type Picture } from "./near-duplicate.ts";

/** A picture with its item's id. */
interface ComparedPicture extends Picture {
	id: string;
	hashes: Hashes;
}

/** Comparing two pictures takes 2 to 3 ms. Where more pairs look alike, those whose hashes are nearest are compared. */
export const maxComparisons = 100;

/** Returns those pairs of pictures that are near-duplicates of each other, by their ids. */
export function duplicatePairs(pictures: readonly ComparedPicture[]): [string, string][] {
	return pictures
		.flatMap((first, at) =>
			pictures.slice(at + 1).map((second) => ({ first, second, distance: hashDistance(first.hashes, second.hashes) })),
		)
		.filter(({ distance }) => distance <= candidateBits)
		.sort((a, b) => a.distance - b.distance)
		.slice(0, maxComparisons)
		.filter(({ first, second, distance }) => isNearDuplicate(first, second, distance))
		.map(({ first, second }) => [first.id, second.id]);
}
