import { crc32, deflateRawSync } from "node:zlib";

export interface ZipFile {
	name: string;
	content: string | Uint8Array;
	/** The mode that Unix gives it. @default a file's */
	mode?: number;
	/** Other values than those of the content, as a damaged or hostile ZIP has. */
	claimed?: { size?: number; crc?: number; flags?: number; method?: number };
}

/** Packs files as a ZIP. No library writes one that lies. */
export function makeZip(files: readonly ZipFile[]): Buffer {
	const packed: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const { name, content, mode = 0o100644, claimed = {} } of files) {
		const bytes = Buffer.from(content);
		const deflated = deflateRawSync(bytes);
		const path = Buffer.from(name);
		const utf8 = 0x0800;
		// From the version to the length of the extra field, which both headers have.
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt16LE(claimed.flags ?? utf8, 2);
		common.writeUInt16LE(claimed.method ?? 8, 4);
		common.writeUInt32LE(claimed.crc ?? crc32(bytes), 10);
		common.writeUInt32LE(deflated.length, 14);
		common.writeUInt32LE(claimed.size ?? bytes.length, 18);
		common.writeUInt16LE(path.length, 22);
		const ofUnix = 0x031e;
		const begin = Buffer.alloc(6);
		begin.writeUInt32LE(0x02014b50);
		begin.writeUInt16LE(ofUnix, 4);
		const end = Buffer.alloc(14);
		end.writeUInt32LE(mode * 0x1_0000, 6);
		end.writeUInt32LE(offset, 10);
		directory.push(begin, common, end, path);
		const local = [Buffer.from("PK\x03\x04"), common, path, deflated];
		packed.push(...local);
		offset += local.reduce((sum, { length }) => sum + length, 0);
	}
	const listed = Buffer.concat(directory);
	const end = Buffer.alloc(22);
	end.writeUInt32LE(0x06054b50);
	end.writeUInt16LE(files.length, 8);
	end.writeUInt16LE(files.length, 10);
	end.writeUInt32LE(listed.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...packed, listed, end]);
}
