import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as odd from "../contracts/odd-images.ts";
import { hugePng } from "../system/huge-png.ts";
import { type ImageProcessorProcess, memoryMegabytes, startImageProcessor } from "./image-processor-process.ts";

/** One process for all images, like a function's sandbox: leftovers of one image would affect the next. */
let processor: ImageProcessorProcess;
let good: Buffer;
beforeAll(async () => {
	processor = await startImageProcessor();
	good = await odd.plain(60, 40, "#2e8b45").jpeg().toBuffer();
});
afterAll(() => processor.stop());

/** Derives an image, and expects the memory limit to hold and the next image to work. */
async function derive(bytes: Uint8Array) {
	const derived = await processor.derive(bytes);
	// Lambda's own runtime may take 64 MB beside our process.
	expect(derived.peakMegabytes).toBeLessThan(memoryMegabytes - 64);
	expect(await processor.derive(good)).toMatchObject({
		outcome: "derived",
		width: 60,
		height: 40,
		colours: ["green"],
	});
	return derived;
}

async function refusal(bytes: Uint8Array) {
	const { outcome } = await derive(bytes);
	if (typeof outcome === "string" || !("code" in outcome)) {
		throw new Error(`Not refused: ${JSON.stringify(outcome)}`);
	}
	expect(outcome.detail).toMatch(/^[A-Z].+\.$/);
	return outcome.code;
}

/** Reads a picture that `large-images/draw.ts` drew. */
const drawn = (name: string) => readFile(path.join(import.meta.dirname, "large-images", name));

const rightWith = (width: number, height: number) => ({
	outcome: "derived",
	width,
	height,
});

describe("a file that ends early", () => {
	it.each(odd.formats)("is refused wherever it ends, unless only its last bytes are missing: %s", async (format) => {
		const bytes = await odd.sameNoise(90, 60).toFormat(format).toBuffer();
		const ends = Array.from({ length: 40 }, (_, at) => Math.floor((bytes.length * at) / 40));
		for (const end of [...ends, bytes.length - 1]) {
			const { outcome, width } = await processor.derive(bytes.subarray(0, end));
			if (end > bytes.length * 0.93 && outcome === "derived") {
				expect(width).toBe(90);
			} else {
				expect(outcome, `ends at ${end} of ${bytes.length}`).toMatchObject({
					code: expect.stringMatching(/^(undecodable|unsupported)_image$/),
				});
			}
		}
		expect((await derive(bytes)).outcome).toBe("derived");
	});
});

describe("a false header", () => {
	it("is refused if its size differs from the pixels'", async () => {
		const image = odd.noisy();
		const [png, avif] = await Promise.all([image.clone().png().toBuffer(), image.clone().avif().toBuffer()]);
		const webp = odd.webpChunks(await image.clone().webp().toBuffer());
		const large = await drawn("48-megapixels.avif");
		const lies = [
			odd.pngSaying(300, 2_000, png),
			odd.avifSaying(300, 2_000, avif),
			odd.avifSaying(8, 8, avif),
			odd.avifSaying(8, 8, large),
			odd.webp(["VP8X", odd.webpCanvas(16_000, 16_000, 0)], ...webp),
			odd.webp(["VP8X", odd.webpCanvas(16, 16, 0)], ...webp),
		];
		for (const lie of lies) {
			expect(await refusal(lie)).toBe("undecodable_image");
		}
	});

	it("is accepted if decoders agree on its meaning", async () => {
		const image = odd.plain(300, 200);
		const jpeg = await image.clone().jpeg().toBuffer();
		const png = await image.clone().png().toBuffer();
		const lies = [
			odd.jpegSaying(300, 20, jpeg), // the rows that the header names
			odd.jpegSaying(300, 210, jpeg), // the actual rows, and grey
			odd.pngSaying(300, 20, png),
		];
		for (const [at, height] of [20, 210, 20].entries()) {
			const derived = await derive(lies[at] as Buffer);
			expect(derived).toMatchObject({
				...rightWith(300, height),
				colours: ["blue"],
			});
		}
	});

	it("is refused if it has the signature of another type", async () => {
		const files = await Promise.all(odd.formats.map((format) => odd.noisy().toFormat(format).toBuffer()));
		for (const [at, head] of files.entries()) {
			const rest = files[(at + 1) % files.length] as Buffer;
			expect(await refusal(Buffer.concat([head.subarray(0, 16), rest]))).toBe("undecodable_image");
		}
	});
});

describe("a picture that is also another file", () => {
	const payloads = {
		"a web page": Buffer.from("<html><script>alert('polyglot')</script></html>"),
		"a script": Buffer.from("*/=1;alert('polyglot');/*"),
		// An archive is read from its end, so it opens behind a picture.
		"an archive": Buffer.concat([
			Buffer.from("PK\x03\x04polyglot"),
			randomBytes(200),
			Buffer.from("PK\x05\x06"),
			Buffer.alloc(18),
		]),
		"a document": Buffer.from("%PDF-1.7\n% polyglot\n%%EOF"),
	};

	it.each(Object.entries(payloads))("leaves nothing of %s in the derived images", async (_, payload) => {
		const [png, jpeg, webp, gif, avif] = await Promise.all(
			odd.formats.map((format) => odd.plain(60, 40).toFormat(format).toBuffer()),
		);
		if (!png || !jpeg || !webp || !gif || !avif) throw new Error("none");
		const polyglots = [
			...[png, jpeg, webp, gif, avif].map((file) => Buffer.concat([file, payload])),
			odd.withPngChunk(png, "tEXt", Buffer.concat([Buffer.from("Comment\0"), payload])),
			odd.withJpegSegment(jpeg, 0xfe, payload),
			odd.withGifComment(gif, payload),
			odd.webp(...odd.webpChunks(webp), ["XMP ", payload]),
		];
		for (const polyglot of polyglots) {
			const derived = await derive(polyglot);
			expect(derived).toMatchObject(rightWith(60, 40));
			for (const file of [derived.thumbnail, derived.vision]) {
				const content = Buffer.from(file ?? []);
				expect(content.length).toBeGreaterThan(20);
				expect(content.includes("polyglot")).toBe(false);
				expect(content.includes("PK\x05\x06")).toBe(false);
			}
		}
	});
});

describe("a picture of an odd shape", () => {
	it.each([
		[1, 60_000],
		[60_000, 1],
	])("is derived correctly: %i x %i", async (width, height) => {
		for (const format of ["png", "jpeg"] as const) {
			const bytes = await odd.plain(width, height).toFormat(format).toBuffer();
			const derived = await derive(bytes);
			expect(derived).toMatchObject({
				...rightWith(width, height),
				colours: ["blue"],
			});
			const vision = await sharp(derived.vision).metadata();
			expect(Math.max(vision.width, vision.height)).toBe(1_568);
			expect(Math.min(vision.width, vision.height)).toBe(1);
		}
	});
});

describe("a decompression bomb", () => {
	it.each<[string, () => Promise<Buffer> | Uint8Array]>([
		["PNG", () => hugePng(60_000, 60_000)],
		["interlaced PNG of 16 bits", () => odd.pngSaying(10_000, 10_000, odd.interlacedPng(10, 10))],
		["JPEG", async () => odd.jpegSaying(65_500, 65_500, await odd.plain(16, 16).jpeg().toBuffer())],
		[
			"progressive CMYK JPEG",
			async () =>
				odd.jpegSaying(
					10_000,
					10_000,
					await odd.plain(16, 16).toColourspace("cmyk").jpeg({ progressive: true }).toBuffer(),
				),
		],
		["WebP", async () => odd.webpSaying(16_383, 16_383, await odd.plain(16, 16).webp({ lossless: true }).toBuffer())],
		["GIF", () => odd.gifOfFrames(1, 60_000)],
		["AVIF", async () => odd.avifSaying(16_000, 16_000, await odd.plain(16, 16).avif().toBuffer())],
	])("of pixels is refused before it is decoded: %s", async (_, make) => {
		const bytes = await make();
		expect(bytes.length).toBeLessThan(2_000_000);
		const derived = await derive(bytes);
		expect(derived.outcome).toMatchObject({ code: "too_many_pixels" });
		expect(derived.peakMegabytes).toBeLessThan(memoryMegabytes / 3);
	});

	it.each([
		["GIF", () => odd.gifOfFrames(100_000), 1],
		["WebP", () => odd.webpOfFrames(20_000), 16],
	] as const)("of frames gives its first: %s", async (_, make, side) => {
		const derived = await derive(await make());
		expect(derived).toMatchObject({
			...rightWith(side, side),
			colours: ["red"],
		});
		expect(derived.peakMegabytes).toBeLessThan(memoryMegabytes / 3);
	});

	it("of scans, a JPEG with 500 refinement scans, is refused", async () => {
		const jpeg = await odd.noisy(500, 500).jpeg({ progressive: true }).toBuffer();
		const scan = jpeg.subarray(jpeg.lastIndexOf(Buffer.from([0xff, 0xda])), -2);
		const bytes = Buffer.concat([jpeg.subarray(0, -2), ...Array<Buffer>(500).fill(scan), jpeg.subarray(-2)]);
		expect(await refusal(bytes)).toBe("undecodable_image");
	});

	it("of text in a PNG, 200 MB in some KB, is ignored or refused", async () => {
		const text = deflateSync(Buffer.alloc(200_000_000, "a"), { level: 1 });
		const png = await odd.plain(60, 40).png().toBuffer();
		for (const [type, head] of [
			["zTXt", "Comment\0\0"],
			["iCCP", "Profile\0\0"],
			["iTXt", "Comment\0\x01\0\0\0"],
		] as const) {
			const derived = await derive(odd.withPngChunk(png, type, Buffer.concat([Buffer.from(head), text])));
			expect(derived.peakMegabytes).toBeLessThan(memoryMegabytes / 2);
			expect(["derived", expect.objectContaining({ code: "undecodable_image" })]).toContainEqual(derived.outcome);
		}
	});
});

describe("EXIF", () => {
	it("of 1 MB is derived within the memory", async () => {
		const png = await odd.plain(60, 40).png().toBuffer();
		const webp = odd.webpChunks(await odd.plain(60, 40).webp().toBuffer()).filter(([type]) => type.startsWith("VP8"));
		for (const exif of [odd.exifBomb(1_000_000), Buffer.concat([odd.exifBomb(64), randomBytes(1_000_000)])]) {
			const files = [
				odd.withPngChunk(png, "eXIf", exif),
				odd.webp(["VP8X", odd.webpCanvas(60, 40, 0x08)], ...webp, ["EXIF", exif]),
			];
			for (const file of files) {
				const derived = await derive(file);
				expect(derived).toMatchObject(rightWith(60, 40));
				expect(derived.peakMegabytes).toBeLessThan(memoryMegabytes / 3);
			}
		}
	});

	it("whose every entry claims the whole block does not fill the memory", async () => {
		const jpeg = await odd.plain(60, 40).jpeg().toBuffer();
		const exif = Buffer.concat([Buffer.from("Exif\0\0"), odd.exifBomb(65_500)]);
		const derived = await derive(odd.withJpegSegment(jpeg, 0xe1, exif));
		expect(derived).toMatchObject(rightWith(60, 40));
		expect(derived.peakMegabytes).toBeLessThan(memoryMegabytes / 3);
	});
});

// Each file has 50 MB, the maximum: the original is in memory beside its decoder.
describe("the largest accepted image fits the function's memory", () => {
	const filled = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(50 * 1024 * 1024 - bytes.length)]);

	it.each<[string, number, number, () => Promise<Buffer> | Buffer]>([
		[
			"progressive JPEG",
			10_000,
			10_000,
			async () =>
				odd.jpegSaying(
					10_000,
					10_000,
					await odd.plain(16, 16).jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer(),
				),
		],
		[
			"progressive CMYK JPEG",
			8_600,
			8_600,
			async () =>
				odd.jpegSaying(
					8_600,
					8_600,
					await odd
						.plain(16, 16)
						.toColourspace("cmyk")
						.jpeg({ progressive: true, chromaSubsampling: "4:4:4" })
						.toBuffer(),
				),
		],
		["interlaced PNG of 16 bits with transparency", 7_900, 7_900, () => odd.interlacedPng(7_900, 7_900)],
		["GIF", 10_000, 10_000, () => drawn("100-megapixels.gif")],
		["lossless WebP", 10_000, 10_000, () => drawn("100-megapixels.webp")],
		["AVIF with transparency", 6_600, 5_000, () => drawn("33-megapixels-transparent.avif")],
		["AVIF of 10 bits with transparency", 5_000, 5_000, () => drawn("25-megapixels-transparent-10-bits.avif")],
	])("%s", async (_, width, height, make) => {
		const derived = await derive(filled(await make()));
		expect(derived).toMatchObject(rightWith(width, height));
	});

	it("noise in a PNG", async () => {
		const side = 4_180;
		const bytes = await sharp(randomBytes(side * side * 3), {
			raw: { width: side, height: side, channels: 3 },
		})
			.png({ compressionLevel: 0 })
			.toBuffer();
		expect(bytes.length).toBeGreaterThan(49 * 1024 * 1024);
		expect(await derive(bytes)).toMatchObject(rightWith(side, side));
	});
});
