import { createRequire } from "node:module";
import sharp from "sharp";
import { drawSampleImages } from "#tools/samples/sample-images.ts";

const fontfile = createRequire(import.meta.url).resolve("@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf");

/** Draws a sample image with a readable word and bytes that no other call returns. */
export async function screenshot(
	index = 0,
): Promise<{ filename: string; bytes: Uint8Array<ArrayBuffer>; word: string }> {
	const samples = await drawSampleImages();
	const sample = samples[index % samples.length];
	if (!sample) throw new Error("There are no sample images.");
	// A different border makes different bytes, so no test's upload is a duplicate of another's.
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

/** Draws a white card with lines of text that OCR reads without mistakes. */
export async function card(lines: string[]): Promise<Uint8Array<ArrayBuffer>> {
	// Sets up the fonts, which a container may lack.
	await drawSampleImages();
	const layers = await Promise.all(
		lines.map(async (text, at) => ({
			input: await sharp({
				text: { text, font: "Inter 40", fontfile, rgba: true, dpi: 72 },
			})
				.png()
				.toBuffer(),
			left: 60,
			top: 60 + at * 80,
		})),
	);
	const bytes = await sharp({
		create: {
			width: 800,
			height: 120 + lines.length * 80,
			channels: 3,
			background: "white",
		},
	})
		.composite(layers)
		.png()
		.toBuffer();
	return new Uint8Array(bytes);
}
