import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { normal, seeded } from "#tools/random.ts";
import { deflatedZeros } from "../support/deflated-zeros.ts";

export const formats = ["png", "jpeg", "webp", "gif", "avif"] as const;
export type Format = (typeof formats)[number];

/** Draws one colour. */
export function plain(width: number, height: number, background = "#2040d0"): Sharp {
	return sharp({
		create: { width, height, channels: 3, background },
		limitInputPixels: false,
	});
}

/** Noise that is the same at every run. */
export function sameNoise(width: number, height: number): Sharp {
	const next = normal(seeded(1));
	const bytes = Uint8ClampedArray.from({ length: width * height * 3 }, () => 128 + 40 * next());
	return sharp(bytes, { raw: { width, height, channels: 3 } });
}

/** Draws noise, which compresses badly, so that a truncated file really lacks pixels. */
export function noisy(width = 300, height = 200): Sharp {
	return sharp({
		create: {
			width,
			height,
			channels: 3,
			background: "grey",
			noise: { type: "gaussian", mean: 128, sigma: 40 },
		},
	});
}

export function pngChunk(type: string, content: Uint8Array): Buffer {
	const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
	return Buffer.concat([uint32(content.length), body, uint32(crc32(body))]);
}

/** Adds a chunk to a PNG, right behind its header. */
export function withPngChunk(png: Buffer, type: string, content: Uint8Array) {
	return spliced(png, 33, pngChunk(type, content));
}

/** Adds a segment to a JPEG (`0xe1` is APP1, `0xfe` a comment), right behind its start marker. */
export function withJpegSegment(jpeg: Buffer, marker: number, content: Uint8Array) {
	const head = Buffer.from([0xff, marker, 0, 0]);
	head.writeUInt16BE(content.length + 2, 2);
	return spliced(jpeg, 2, Buffer.concat([head, content]));
}

/** Adds a comment to a GIF, right behind its global palette. */
export function withGifComment(gif: Buffer, content: Uint8Array) {
	const palette = ((gif[10] ?? 0) & 0x80) === 0 ? 0 : 3 << (((gif[10] ?? 0) & 7) + 1);
	const blocks = [Buffer.from([0x21, 0xfe])];
	for (let at = 0; at < content.length; at += 255) {
		const part = content.subarray(at, at + 255);
		blocks.push(Buffer.from([part.length]), Buffer.from(part));
	}
	return spliced(gif, 13 + palette, Buffer.concat([...blocks, Buffer.from([0])]));
}

/** Builds a WebP file from chunks. */
export function webp(...chunks: [type: string, content: Uint8Array][]): Buffer {
	const body = chunks.map(([type, content]) => webpChunk(type, content));
	const size = 4 + body.reduce((sum, { length }) => sum + length, 0);
	return Buffer.concat([Buffer.from("RIFF"), uint32Little(size), Buffer.from("WEBP"), ...body]);
}

/** Lists the chunks of a WebP file. */
export function webpChunks(file: Uint8Array): [string, Buffer][] {
	const bytes = Buffer.from(file);
	const chunks: [string, Buffer][] = [];
	for (let at = 12; at + 8 <= bytes.length; ) {
		const size = bytes.readUInt32LE(at + 4);
		chunks.push([bytes.toString("latin1", at, at + 4), bytes.subarray(at + 8, at + 8 + size)]);
		at += 8 + size + (size % 2);
	}
	return chunks;
}

/** Lists the markers of a JPEG's segments up to its pixels. */
export function jpegSegments(file: Uint8Array): number[] {
	const bytes = Buffer.from(file);
	const markers: number[] = [];
	for (let at = 2; at + 4 <= bytes.length; ) {
		const marker = bytes[at + 1] ?? 0;
		markers.push(marker);
		if (marker === 0xda) break;
		at += 2 + bytes.readUInt16BE(at + 2);
	}
	return markers;
}

/** Makes a GIF of many one-pixel frames; a larger `side` is false. */
export function gifOfFrames(count: number, side = 1): Buffer {
	const size = Buffer.alloc(4);
	size.writeUInt16LE(side, 0);
	size.writeUInt16LE(side, 2);
	const frame = Buffer.from([
		...[0x21, 0xf9, 4, 0, 1, 0, 0, 0], // shown for 10 ms
		...[0x2c, 0, 0, 0, 0, ...size, 0],
		...[2, 2, 0x44, 1, 0], // clear, colour 0, end
	]);
	return Buffer.concat([
		Buffer.from("GIF89a"),
		size,
		Buffer.from([0x80, 0, 0]),
		Buffer.from([255, 0, 0, 0, 0, 255]),
		...Array<Buffer>(count).fill(frame),
		Buffer.from([0x3b]),
	]);
}

/** Makes a WebP of many equal frames. */
export async function webpOfFrames(count: number): Promise<Buffer> {
	const [width, height] = [16, 16];
	const still = webpChunks(await plain(width, height, "#d01818").webp({ lossless: true }).toBuffer());
	const picture = still.find(([type]) => type.startsWith("VP8"));
	if (!picture) throw new Error("There is no picture in the WebP file.");
	const frame = Buffer.concat([
		uint24Little(0),
		uint24Little(0),
		uint24Little(width - 1),
		uint24Little(height - 1),
		uint24Little(10),
		Buffer.from([0]),
		webpChunk(...picture),
	]);
	return webp(
		["VP8X", webpCanvas(width, height, 0x02)],
		["ANIM", Buffer.alloc(6)],
		...Array<[string, Buffer]>(count).fill(["ANMF", frame]),
	);
}

/** @param flags 0x02 animated, 0x08 with EXIF */
export function webpCanvas(width: number, height: number, flags: number) {
	return Buffer.concat([uint32Little(flags), uint24Little(width - 1), uint24Little(height - 1)]);
}

/** Changes the size in a PNG's header, not its pixels. */
export function pngSaying(width: number, height: number, png: Buffer): Buffer {
	const header = Buffer.from(png.subarray(16, 29));
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	return Buffer.concat([png.subarray(0, 8), pngChunk("IHDR", header), png.subarray(33)]);
}

/** Changes the size in a JPEG's frame header. */
export function jpegSaying(width: number, height: number, jpeg: Buffer) {
	const lying = Buffer.from(jpeg);
	for (let at = 2; at + 9 < lying.length; ) {
		const marker = lying[at + 1] ?? 0;
		if (marker === 0xc0 || marker === 0xc2) {
			lying.writeUInt16BE(height, at + 5);
			lying.writeUInt16BE(width, at + 7);
			return lying;
		}
		at += 2 + lying.readUInt16BE(at + 2);
	}
	throw new Error("There is no frame header.");
}

/** Changes the size in a lossless WebP's picture. */
export function webpSaying(width: number, height: number, webp: Buffer) {
	const lying = Buffer.from(webp);
	const sizes = (width - 1) | ((height - 1) << 14);
	lying.writeInt32LE(sizes, lying.indexOf("VP8L") + 9);
	return lying;
}

/** Changes the size in an AVIF's container (box `ispe`), not the coded picture. */
export function avifSaying(width: number, height: number, avif: Buffer) {
	const lying = Buffer.from(avif);
	for (let at = lying.indexOf("ispe"); at >= 0; at = lying.indexOf("ispe", at + 4)) {
		lying.writeUInt32BE(width, at + 8);
		lying.writeUInt32BE(height, at + 12);
	}
	return lying;
}

/** Makes an interlaced all-zero PNG of 16 bits with transparency: 8 bytes per pixel, all decoded before the first row. */
export function interlacedPng(width: number, height: number): Buffer {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([16, 6, 0, 0, 1], 8);
	// Adam7: each pass has its own rows, with a filter byte before each.
	const passes = [
		[0, 0, 8, 8],
		[4, 0, 8, 8],
		[0, 4, 4, 8],
		[2, 0, 4, 4],
		[0, 2, 2, 4],
		[1, 0, 2, 2],
		[0, 1, 1, 2],
	] as const;
	const length = passes.reduce((sum, [x, y, dx, dy]) => {
		const columns = Math.ceil((width - x) / dx);
		const rows = Math.ceil((height - y) / dy);
		return sum + (columns > 0 && rows > 0 ? rows * (1 + columns * 8) : 0);
	}, 0);
	return Buffer.concat([
		Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
		pngChunk("IHDR", header),
		pngChunk("IDAT", deflatedZeros(length)),
		pngChunk("IEND", Buffer.alloc(0)),
	]);
}

/** Makes EXIF in which every entry claims to span the whole block: reading all takes gigabytes. */
export function exifBomb(size: number): Buffer {
	const tiff = Buffer.alloc(size);
	tiff.write("II*\0", "latin1");
	tiff.writeUInt32LE(8, 4);
	const entries = Math.min(65_535, Math.floor((size - 14) / 12));
	tiff.writeUInt16LE(entries, 8);
	for (let entry = 0; entry < entries; entry++) {
		const at = 10 + entry * 12;
		tiff.writeUInt16LE(1_000 + (entry % 60_000), at);
		tiff.writeUInt16LE(1, at + 2);
		tiff.writeUInt32LE(size, at + 4);
	}
	return tiff;
}

function spliced(bytes: Buffer, at: number, added: Buffer): Buffer {
	return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

function webpChunk(type: string, content: Uint8Array): Buffer {
	return Buffer.concat([
		Buffer.from(type, "latin1"),
		uint32Little(content.length),
		content,
		Buffer.alloc(content.length % 2),
	]);
}

function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}

function uint32Little(value: number): Buffer {
	return uint32(value).reverse();
}

function uint24Little(value: number): Buffer {
	const bytes = Buffer.alloc(3);
	bytes.writeUIntLE(value, 0, 3);
	return bytes;
}
