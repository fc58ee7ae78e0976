import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import * as esbuild from "esbuild";
import sharp from "sharp";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { readText } from "#ai/offline/ocr.ts";
import { tesseractAssets, tesseractWorker } from "#ai/offline/tesseract-assets.ts";
import { visionFor } from "#ai/vision.ts";
import { imageDescription } from "#core/items/analysis.ts";
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

describe("reading text", () => {
	it("that takes too long leaves a description without text", async () => {
		const { description } = await vision.describe({
			...pass,
			deadline: new Date(Date.now() + 20),
		});
		expect(description.image_details.extracted_text).toEqual([]);
		expect(description.summary).toContain("could not be read in time");
	});

	it("gives up in bounded time and uses a new thread for the next image", async () => {
		await expect(readText(pass.image, 0.02)).rejects.toThrow("took longer than 0.02 s");
		expect(await readText(pass.image)).not.toHaveLength(0);
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
