import { expect, test } from "vitest";
import { lumaSide } from "#core/items/fingerprint.ts";
import { duplicatePairs, maxComparisons } from "#core/search/duplicate-pairs.ts";
import { seeded } from "#tools/random.ts";

/** A picture of noise whose hash has its first bits set. */
function picture(id: string, bits: number, luma: Uint8Array) {
	const perceptualHash = ((1n << BigInt(bits)) - 1n).toString(16).padStart(16, "0");
	return { id, hashes: { perceptualHash, cropHashes: null }, luma, extractedText: null };
}

test("where more pictures look alike than are compared, the nearest pairs are found", () => {
	const random = seeded(7);
	const noise = () => Uint8Array.from({ length: lumaSide * lumaSide }, () => Math.floor(random() * 256));
	const same = noise();
	const others = Array.from({ length: 24 }, (_, at) => picture(`other ${at}`, at % 2 === 0 ? 1 : 9, noise()));
	expect((others.length * (others.length - 1)) / 2).toBeGreaterThan(2 * maxComparisons);
	const pairs = duplicatePairs([picture("small", 20, same), ...others, picture("large", 20, same)]);
	expect(pairs).toEqual([["small", "large"]]);
});
