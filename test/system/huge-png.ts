import { crc32 } from "node:zlib";
import { deflatedZeros } from "../support/deflated-zeros.ts";

/** Makes a valid all-black PNG: a small file that decodes to a very large picture. */
export function hugePng(width: number, height: number): Uint8Array<ArrayBuffer> {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([1, 0, 0, 0, 0], 8); // one bit per pixel, grey
	return new Uint8Array(
		Buffer.concat([
			Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
			chunk("IHDR", header),
			chunk("IDAT", deflatedZeros((1 + Math.ceil(width / 8)) * height)),
			chunk("IEND", Buffer.alloc(0)),
		]),
	);
}

function chunk(type: string, content: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
	const length = Buffer.alloc(4);
	length.writeUInt32BE(content.length);
	const checksum = Buffer.alloc(4);
	checksum.writeUInt32BE(crc32(body));
	return Buffer.concat([length, body, checksum]);
}
