import { createRequire } from "node:module";
import sharp from "sharp";
import { drawSampleImages } from "#tools/samples/sample-images.ts";

const fontfile = createRequire(import.meta.url).resolve("@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf");

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

/** A white card with these lines of text, large enough to be read without mistakes. */
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
