import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import * as esbuild from "esbuild";
import sharp from "sharp";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readText } from "#ai/offline/ocr.ts";
import { tesseractAssets, tesseractWorker } from "#ai/offline/tesseract-assets.ts";
import { visionFor } from "#ai/vision.ts";
import { imageDescription, warningsOf } from "#core/items/analysis.ts";
import type { VisionRequest } from "#core/ports/index.ts";
import { sharpImages } from "#images/sharp-images.ts";
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
		originalFilename: sample.filename,
		sha256: null,
		deadline: new Date(Date.now() + 60_000),
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
			takenAt: new Date("2024-06-14T07:35:00Z"),
			camera: "Canon EOS R6",
		});
		expect(answer.description).toMatchObject({
			category: "Other",
			subcategories: [],
			headline: "Photo, mostly blue, taken in June 2024",
			summary: "Mostly blue. Taken on 14 June 2024. Camera: Canon EOS R6.",
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
	return sharp(randomBytes(specks * specks), { raw: { width: specks, height: specks, channels: 1 } })
		.resize(side, side, { kernel: "nearest" })
		.threshold(128)
		.png({ palette: true, colours: 2 })
		.toBuffer();
}

describe("reading text", () => {
	it.each([
		["fine", 1_575, 1],
		["coarse", 1_568, 3],
	])("of %s noise ends before it begins, and the description says so", async (_, side, speck) => {
		const request = await requestFor({ filename: "IMG_1.png", bytes: await noise(side, speck) });
		expect(await readText(request.image, { cpuSeconds: 4 })).toEqual({ lines: [], endedBy: "edges" });
		const { description } = await vision.describe(request);
		expect(description.image_details).toMatchObject({ extracted_text: [], text_complete: false });
		expect(warningsOf(description)).toMatchObject([{ code: "text_incomplete" }]);
	});

	it("of a page of print that takes too long keeps the lines that were read", async () => {
		const fontfile = createRequire(import.meta.url).resolve("@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf");
		const text = Array.from({ length: 100 }, (_, n) => `paragraph ${n} of the long report about lighthouses. `).join(
			"\n",
		);
		const print = await sharp({ text: { text, fontfile, font: "Inter 9", dpi: 96 } })
			.png()
			.toBuffer();
		const input = await sharp(print).negate({ alpha: false }).toBuffer();
		const page = await sharp({ create: { width: 1_109, height: 1_568, channels: 3, background: "white" } })
			.composite([0, 350, 700].map((left) => ({ input, left: 20 + left, top: 20 })))
			.png()
			.toBuffer();
		const { image } = await requestFor({ filename: "page.png", bytes: page });
		const { lines, endedBy } = await readText(image, { cpuSeconds: 3, edgesPerBand: 20_000 });
		expect(endedBy).toBe("time");
		const words = lines.flatMap((line) => line.words.map((word) => word.text)).join(" ");
		expect(words).toMatch(/paragraph 0 .*lighthouses/);
		expect(words).not.toContain("paragraph 99");
	});

	it("to its end leaves no warning", async () => {
		const { description } = await vision.describe(pass);
		expect(description.image_details).not.toHaveProperty("text_complete");
		expect(warningsOf(description)).toEqual([]);
	});

	it("of a picture that is larger than a derived one does not begin", async () => {
		const image = await sharp({ create: { width: 1_600, height: 1_600, channels: 3, background: "white" } })
			.jpeg()
			.toBuffer();
		expect(await readText(image)).toEqual({ lines: [], endedBy: "pixels" });
	});

	it("that takes too long leaves a description without text, which says so", async () => {
		const { description } = await vision.describe({
			...pass,
			deadline: new Date(Date.now() + 20),
		});
		expect(description.image_details).toMatchObject({ extracted_text: [], text_complete: false });
		expect(description.summary).toContain("was not read to the end");
	});

	it.each([["seconds"], ["cpuSeconds"]])(
		"ends at its limit of %s, and the next image has a new thread",
		async (limit) => {
			expect(await readText(pass.image, { [limit]: 0.02 })).toEqual({ lines: [], endedBy: "time" });
			expect((await readText(pass.image)).lines).not.toHaveLength(0);
		},
	);

	it("goes on beside threads that use up its time of the processor many times over", async () => {
		const busy = Array.from({ length: 6 }, () => new Worker("for (;;);", { eval: true }));
		onTestFinished(async () => void (await Promise.all(busy.map((thread) => thread.terminate()))));
		const begun = process.cpuUsage();
		expect(await readText(pass.image, { cpuSeconds: 1.5 })).toMatchObject({ endedBy: null });
		const { user, system } = process.cpuUsage(begun);
		expect((user + system) / 1e6).toBeGreaterThan(1.5);
	});

	it("does not count the start of its thread", async () => {
		await readText(pass.image, { seconds: 0.01 });
		const { image } = await blank();
		// The start takes 0.8 s of the processor, this picture less than 0.1.
		expect(await readText(image, { cpuSeconds: 0.3 })).toMatchObject({ endedBy: null });
	});

	it("survives bytes that are not an image", async () => {
		const [broken, whole] = await Promise.allSettled([readText(new Uint8Array([1, 2, 3])), readText(pass.image)]);
		expect(broken.status).toBe("rejected");
		expect(whole.status).toBe("fulfilled");
	});

	it("works from a bundle outside the repository and lets the process exit", async () => {
		const folder = mkdtempSync(join(tmpdir(), "collections-vision-"));
		onTestFinished(() => rmSync(folder, { recursive: true }));
		await esbuild.build({
			stdin: {
				contents: `
					import { readFileSync } from "node:fs";
					const { visionFor } = await import("#ai/vision.ts");
					const { description } = await visionFor({ provider: "offline" }).describe({
						...JSON.parse(process.argv[3]), image: readFileSync(process.argv[2]), deadline: new Date(Date.now() + 60_000),
					});
					console.log(description.summary);`,
				resolveDir: process.cwd(),
			},
			outfile: join(folder, "handler.mjs"),
			bundle: true,
			platform: "node",
			format: "esm",
		});
		await esbuild.build({
			entryPoints: [tesseractWorker.from],
			outfile: join(folder, "tesseract", tesseractWorker.name),
			bundle: true,
			platform: "node",
			format: "esm",
		});
		for (const { from, name } of tesseractAssets) {
			cpSync(from, join(folder, "tesseract", name));
		}
		writeFileSync(join(folder, "pass.jpg"), pass.image);

		const { stdout } = await promisify(execFile)(
			process.execPath,
			[
				join(folder, "handler.mjs"),
				join(folder, "pass.jpg"),
				JSON.stringify({ originalFilename: "pass.jpg", colours: [] }),
			],
			{ cwd: folder, timeout: 25_000 },
		);
		expect(stdout).toContain("Northwind Airlines");
	});
});

it("an unknown vision provider is refused with the name of the setting", async () => {
	expect(() => visionFor({ provider: "gemini" })).toThrow(/"gemini".*visionProvider in cdk\.json/);
});
