import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { nearDuplicateBits } from "#core/ports/index.ts";
import { differenceHash } from "#images/perceptual-hash.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";

const samples = await drawSampleImages();
const hashOf = async (bytes: Uint8Array) => (await sharpImages().derive(bytes)).perceptualHash;
const differingBits = (a: string, b: string) =>
	(BigInt(`0x${a}`) ^ BigInt(`0x${b}`)).toString(2).replaceAll("0", "").length;

describe("the hash of 9 x 8 pixels", () => {
	const rows = (row: number[]) => Uint8Array.from(Array(8).fill(row).flat());

	it("has a bit for each pixel that is darker than its right neighbour", () => {
		expect(differenceHash(rows([0, 1, 2, 3, 4, 5, 6, 7, 8]))).toBe("ffffffffffffffff");
		expect(differenceHash(rows([8, 7, 6, 5, 4, 3, 2, 1, 0]))).toBe("0000000000000000");
		expect(differenceHash(rows([0, 9, 0, 9, 0, 9, 0, 9, 0]))).toBe("aaaaaaaaaaaaaaaa");
	});

	it("compares no pixels of different rows", () => {
		const first = [9, 0, 0, 0, 0, 0, 0, 0, 0];
		const pixels = Uint8Array.from([...first, ...Array(63).fill(255)]);
		expect(differenceHash(pixels)).toBe("0000000000000000");
	});

	it("keeps leading zeros", () => {
		const pixels = new Uint8Array(72);
		pixels[71] = 1;
		expect(differenceHash(pixels)).toBe("0000000000000001");
	});
});

describe.each(samples)("the picture $filename", ({ bytes }) => {
	const image = () => sharp(bytes).flatten({ background: "white" });

	it.each([
		["half as large", () => image().resize({ width: 400 }).png()],
		["as a poor JPEG", () => image().jpeg({ quality: 30 })],
		["as WebP", () => image().webp({ quality: 50 })],
		["a little brighter", () => image().modulate({ brightness: 1.1 }).png()],
		["lying on its side with an EXIF orientation", () => image().rotate(270).withMetadata({ orientation: 6 }).png()],
	])("has nearly the same hash %s", async (_, variant) => {
		const changed = await variant().toBuffer();
		const distance = differingBits(await hashOf(bytes), await hashOf(changed));
		expect(distance).toBeLessThanOrEqual(nearDuplicateBits);
	});

	it("has a hash unlike every other sample's", async () => {
		const own = await hashOf(bytes);
		for (const sample of samples) {
			if (sample.bytes === bytes) continue;
			const distance = differingBits(own, await hashOf(sample.bytes));
			expect(distance, sample.filename).toBeGreaterThan(nearDuplicateBits);
		}
	});
});
