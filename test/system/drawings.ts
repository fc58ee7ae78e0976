import sharp from "sharp";
import { drawSampleImages } from "#scripts/sample-images.ts";

/** One of the project's own drawings with readable text: bytes that no other call gives, and a word in it. */
export async function screenshot(
	index = 0,
): Promise<{ filename: string; bytes: Uint8Array<ArrayBuffer>; word: string }> {
	const samples = await drawSampleImages();
	const sample = samples[index % samples.length];
	if (!sample) throw new Error("There are no sample images.");
	// A different border makes different bytes, so tests do not meet each other's duplicates.
	const [r, g, b] = crypto.getRandomValues(new Uint8Array(3));
	const bytes = await sharp(sample.bytes)
		.extend({
			...{ top: 3, bottom: 3, left: 3, right: 3 },
			background: { r: r ?? 0, g: g ?? 0, b: b ?? 0 },
		})
		.png()
		.toBuffer();
	return { ...sample, bytes: new Uint8Array(bytes) };
}
