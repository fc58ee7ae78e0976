import { constants, deflateRawSync } from "node:zlib";

const block = 2 ** 20;

/** Returns a zlib stream of zeros: one deflated block, repeated, so that gigabytes take no time. */
export function deflatedZeros(length: number): Buffer {
	const repeated = deflateRawSync(Buffer.alloc(block), { finishFlush: constants.Z_FULL_FLUSH });
	const adler32 = Buffer.alloc(4);
	adler32.writeUInt16BE(length % 65_521, 0);
	adler32.writeUInt16BE(1, 2);
	return Buffer.concat([
		Buffer.from([0x78, 0x01]),
		...Array<Buffer>(Math.floor(length / block)).fill(repeated),
		deflateRawSync(Buffer.alloc(length % block)),
		adler32,
	]);
}
