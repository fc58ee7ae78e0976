import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import sharp, { type Sharp } from "sharp";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readingBudget, readText } from "#ai/offline/ocr/read-text.ts";
import { visionFor } from "#ai/vision.ts";
import { imageDescription, warningsOf } from "#core/items/analysis.ts";
import { takenAt } from "#core/items/taken-at.ts";
import { picturePixels } from "#core/pipeline/picture-pixels.ts";
import type { VisionRequest } from "#core/ports/index.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { seeded } from "#tools/random.ts";
import { drawSampleImages, type SampleImage } from "#tools/samples/sample-images.ts";

const vision = visionFor({ provider: "offline" });
let samples: SampleImage[];
let pass: VisionRequest;

beforeAll(async () => {
	samples = await drawSampleImages();
	pass = await requestFor(samples[0]);
});

async function requestFor(sample: Pick<SampleImage, "filename" | "bytes"> | undefined): Promise<VisionRequest> {
	if (!sample) throw new Error("No sample.");
	const derived = await sharpImages().derive(sample.bytes);
	return {
		...derived,
		image: derived.vision,
		pixels: (max) => picturePixels(sharpImages(), sample.bytes, derived.vision, max),
		originalFilename: sample.filename,
		knownTags: [],
		sha256: null,
		deadline: new Date(Date.now() + 300_000),
	};
}

async function blank(): Promise<VisionRequest> {
	const bytes = await sharp({
		create: { width: 300, height: 200, channels: 3, background: "#2255cc" },
	})
		.png()
		.toBuffer();
	return requestFor({ filename: "IMG_2041.png", bytes });
}

describe("offline vision", () => {
	it("suggests the person's own tags whose words stand in the image, and invents none", async () => {
		const [sample] = samples;
		const request = await requestFor(sample);
		const { description } = await vision.describe(request);
		expect(description.tags).toEqual([]);
		const word = sample?.word ?? "";
		const knownTags = ["Zucchini", word.toUpperCase(), `${word} zucchini`, "a", word.slice(0, -1)];
		expect((await vision.describe({ ...request, knownTags })).description.tags).toEqual([word.toUpperCase()]);
	});

	it("reads every sample image's word, and no other sample's", async () => {
		const texts = [];
		for (const sample of samples) {
			const { description } = await vision.describe(await requestFor(sample));
			texts.push(description.image_details.extracted_text.join("\n"));
		}
		expect(samples.length).toBeGreaterThanOrEqual(5);
		for (const { word } of samples) {
			const containing = texts.map((text) => text.toLowerCase().includes(word.toLowerCase()));
			expect(containing).toEqual(samples.map((sample) => sample.word === word));
		}
	});

	it("follows the schema and says that it is offline", async () => {
		const answer = await vision.describe(pass);
		expect(imageDescription.parse(answer.description)).toEqual(answer.description);
		expect(answer).toMatchObject({ provider: "offline", traceId: null });
		expect(answer.description).toMatchObject({
			category: "Travel",
			subcategories: expect.arrayContaining(["flights"]),
		});
		expect(answer.description.summary).toContain("Northwind Airlines");
	});

	it("describes a picture without text by its colour, date and camera alone", async () => {
		const answer = await vision.describe({
			...(await blank()),
			takenAt: takenAt("2024-06-14T23:35:00", "-07:00", "exif"),
			camera: "Canon EOS R6",
		});
		expect(answer.description).toMatchObject({
			category: "Other",
			subcategories: [],
			headline: "Photo, mostly blue, taken in June 2024",
			summary: "Landscape, 300 × 200 pixels. Mostly blue. Taken on 14 June 2024. Camera: Canon EOS R6.",
			image_details: { extracted_text: [], objects: [], themes: [] },
		});
	});

	it("takes the words of the file name as evidence", async () => {
		const { description } = await vision.describe({
			...(await blank()),
			originalFilename: "Screenshot beach_in-Cascais (2).png",
			sha256: null,
		});
		expect(description.headline).toBe("beach in Cascais, mostly blue");
		expect(description.summary).toContain("Named beach in Cascais.");
	});
});

/** A picture of black and white specks; `speck` is the side of one. */
async function noise(side: number, speck = 1): Promise<Uint8Array> {
	const specks = Math.ceil(side / speck);
	const random = seeded(side);
	const values = Uint8Array.from({ length: specks * specks }, () => Math.floor(random() * 256));
	return sharp(values, { raw: { width: specks, height: specks, channels: 1 } })
		.resize(side, side, { kernel: "nearest" })
		.threshold(128)
		.png({ palette: true, colours: 2 })
		.toBuffer();
}

/** Draws lines of text, black on white, at the top left of a page of this width. */
async function print(lines: string[], points: number, width: number): Promise<Uint8Array> {
	const fontfile = createRequire(import.meta.url).resolve("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf");
	const text = await sharp({ text: { text: lines.join("\n"), fontfile, font: `Inter ${points}`, dpi: 96 } })
		.png()
		.toBuffer();
	const { height } = await sharp(text).metadata();
	const input = await sharp(text).negate({ alpha: false }).toBuffer();
	return sharp({ create: { width, height: height + 40, channels: 3, background: "white" } })
		.composite([{ input, left: 20, top: 20 }])
		.png()
		.toBuffer();
}

/** Draws white letters on nothing. */
function letters(text: string, points: number): Promise<Buffer> {
	const fontfile = createRequire(import.meta.url).resolve("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf");
	return sharp({
		text: { text: `<span foreground="white">${text}</span>`, fontfile, font: `Inter ${points}`, dpi: 96, rgba: true },
	})
		.extend({ top: 40, bottom: 40, left: 40, right: 40, background: "#ffffff00" })
		.png()
		.toBuffer();
}

/** Draws white letters on a green box, as chats have them. */
async function bubble(): Promise<Sharp> {
	const input = await letters("The key is under the gnome", 24);
	const { width, height } = await sharp(input).metadata();
	const drawn = await sharp({
		create: { width: width + 100, height: height + 200, channels: 3, background: "#ece5dd" },
	})
		.composite([{ input: await sharp(input).flatten({ background: "#128c7e" }).toBuffer() }])
		.png()
		.toBuffer();
	return sharp(drawn).png();
}

/** Draws a line of 14 pixels near the corner of 3,840 x 2,160. */
async function corner(): Promise<Buffer> {
	return sharp({ create: { width: 3_840, height: 2_160, channels: 3, background: "#202020" } })
		.composite([{ input: await letters("meerkat enclosure", 10.5), left: 3_500, top: 2_000 }])
		.png()
		.toBuffer();
}

const pixelsOf = async (request: VisionRequest) => request.pixels(readingBudget.maxPixels);

describe("reading text", () => {
	it.each([
		["fine", 1_575, 1],
		["coarse", 1_568, 3],
	])("of %s noise finds none, and none becomes a headline or a tag", async (_, side, speck) => {
		const request = await requestFor({ filename: "IMG_1.png", bytes: await noise(side, speck) });
		const { description } = await vision.describe(request);
		expect(description.headline).toMatch(/^Photo, mostly/);
		expect(description.image_details).toMatchObject({ extracted_text: [], text_lines: [] });
		expect(description.media_metadata).toMatchObject({ tagged_accounts: [], hashtags: [] });
	});

	it("of a page of print that takes too long keeps the lines that were read", async () => {
		const text = Array.from({ length: 100 }, (_, n) => `paragraph ${n} of the long report about lighthouses. `);
		const page = await requestFor({ filename: "page.png", bytes: await print(text, 12, 1_000) });
		const { lines, complete } = await readText(await pixelsOf(page), { cpuSeconds: 3 });
		expect(complete).toBe(false);
		const words = lines.map((line) => line.text).join(" ");
		expect(words).toMatch(/paragraph 1 of the long report about lighthouses/);
		expect(words).not.toContain("paragraph 99");
	});

	it.each<[string, () => Promise<Buffer>, RegExp]>([
		["light on a coloured bubble", async () => (await bubble()).toBuffer(), /The key is under the gnome/],
		[
			"on its side, without an orientation",
			async () => (await bubble()).rotate(90).toBuffer(),
			/The key is under the gnome/,
		],
		["upside down", async () => (await bubble()).rotate(180).toBuffer(), /The key is under the gnome/],
		["light and transparent around it", () => letters("Hedgehog sanctuary", 30), /Hedgehog sanctuary/],
		["small in a corner of a 4K screen", corner, /meerkat enclosure/],
		[
			"German, with its accents",
			() => letters("Der Käse und das Brötchen sind für die Tür", 20),
			/Brötchen sind für die Tür/,
		],
	])("finds text that is %s", async (_, draw, text) => {
		const { description } = await vision.describe(await requestFor({ filename: "IMG_2.png", bytes: await draw() }));
		expect(description.image_details.extracted_text.join("\n")).toMatch(text);
	});

	it("to its end leaves no warning", async () => {
		const { description } = await vision.describe(pass);
		expect(description.image_details).not.toHaveProperty("text_complete");
		expect(warningsOf({ damaged: false }, description)).toEqual([]);
	});

	it("that takes too long leaves a description without text, which says so", async () => {
		const { description } = await vision.describe({ ...pass, deadline: new Date(Date.now() - 1) });
		expect(description.image_details).toMatchObject({ extracted_text: [], text_complete: false });
		expect(description.summary).toContain("was not read to the end");
		expect(warningsOf({ damaged: false }, description)).toMatchObject([{ code: "text_incomplete" }]);
	});

	it.each([["seconds"], ["cpuSeconds"]])("ends at its limit of %s, and the next picture is read", async (limit) => {
		expect(await readText(await pixelsOf(pass), { [limit]: 0 })).toEqual({ lines: [], complete: false });
		expect((await readText(await pixelsOf(pass))).lines).not.toHaveLength(0);
	});

	it("goes on beside threads that use up its time of the processor many times over", async () => {
		const secondsOf = async (reading: () => Promise<unknown>) => {
			const begun = process.cpuUsage();
			await reading();
			const { user, system } = process.cpuUsage(begun);
			return (user + system) / 1e6;
		};
		// The first reading loads the models.
		await readText(await pixelsOf(pass));
		const cpuSeconds = 3 * (await secondsOf(async () => readText(await pixelsOf(pass))));
		const busy = Array.from({ length: 6 }, () => new Worker("for (;;);", { eval: true }));
		onTestFinished(async () => void (await Promise.all(busy.map((thread) => thread.terminate()))));
		await Promise.all(busy.map((thread) => once(thread, "online")));
		const used = await secondsOf(async () => {
			expect(await readText(await pixelsOf(pass), { cpuSeconds })).toMatchObject({ complete: true });
		});
		expect(used).toBeGreaterThan(cpuSeconds);
	});

	it("survives a picture that ends its thread", async () => {
		const impossible = { data: new Uint8Array(3), width: 2 ** 30, height: 2 ** 30 };
		const [broken, whole] = await Promise.allSettled([readText(impossible), readText(await pixelsOf(pass))]);
		expect(broken.status).toBe("rejected");
		expect(whole.status).toBe("fulfilled");
	});

	it("keeps where each line is and how sure it is", async () => {
		const { description } = await vision.describe(pass);
		const lines = description.image_details.text_lines ?? [];
		const airline = lines.find(({ text }) => text.includes("Northwind Airlines"));
		expect(airline?.confidence).toBeGreaterThan(0.9);
		expect(airline?.box.y).toBeLessThan(0.3);
		expect(lines.every(({ box }) => box.x + box.width <= 1 && box.y + box.height <= 1)).toBe(true);
		expect(lines.map(({ box }) => box.y)).toEqual(lines.map(({ box }) => box.y).toSorted((a, b) => a - b));
	});
});

it("an unknown vision provider is refused with the name of the setting", async () => {
	expect(() => visionFor({ provider: "gemini" })).toThrow(/"gemini".*visionProvider in cdk\.json/);
});
