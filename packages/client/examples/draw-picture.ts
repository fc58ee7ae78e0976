import { crc32, deflateSync } from "node:zlib";
import type { PictureFile } from "../index.ts";

const [width, height] = [320, 240];

/** Draws a sun over hills, of other colours and on another day of 2025 for each of `count` numbers. The file's name has the day. */
export function drawPicture(number: number, count: number): PictureFile {
	const year = number / count;
	const day = new Date(Date.UTC(2025, 0, 1 + Math.floor(year * 365), 12, number % 60, number % 59));
	const name = day
		.toISOString()
		.replaceAll(/[-:]|\..*/g, "")
		.replace("T", "_");
	return { filename: `IMG_${name}.png`, content: new Blob([png((x, y) => colourAt(x, y, year))]) };
}

type Colour = [red: number, green: number, blue: number];

function colourAt(x: number, y: number, year: number): Colour {
	const warmth = Math.round(127 * (1 - Math.cos(2 * Math.PI * year)));
	const isSun = Math.hypot(x - width * (0.1 + 0.8 * year), y - 130 + warmth / 3) < 24;
	if (isSun) return [255, 220, 120];
	const hill = 170 + 25 * Math.sin(x / 40 + year * 100) + 12 * Math.sin(x / 17 + year * 300);
	return y > hill ? [200 - warmth / 2, 150 + warmth / 4, 70] : [110 + warmth / 3, 170, 255 - y / 2];
}

/** Writes a PNG of 8-bit colours without filters. */
function png(colourOf: (x: number, y: number) => Colour): Uint8Array<ArrayBuffer> {
	const rows = Buffer.alloc(height * (1 + width * 3));
	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) rows.set(colourOf(x, y), y * (1 + width * 3) + 1 + x * 3);
	}
	const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
	return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

function chunk(type: string, content: Buffer): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(content.length);
	const body = Buffer.concat([Buffer.from(type), content]);
	const checksum = Buffer.alloc(4);
	checksum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, checksum]);
}
