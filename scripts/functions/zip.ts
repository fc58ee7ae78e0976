import { crc32, deflateRawSync } from "node:zlib";

/** 1 January 1980, so that the same files make the same bytes. */
const date = 0x0021;
const versionMadeBy = (3 << 8) | 20; // Unix: readable by everybody is then said below
const readable = 0o100644 << 16;
const utf8Names = 0x0800;

/** A zip file of files by their paths in it: what Lambda takes as code. */
export function zip(files: ReadonlyMap<string, Buffer>): Buffer {
	const bodies: Buffer[] = [];
	const directory: Buffer[] = [];
	let offset = 0;
	for (const [path, content] of files) {
		const name = Buffer.from(path);
		const packed = deflateRawSync(content);
		// What both headers of a file say alike.
		const said = Buffer.alloc(26);
		said.writeUInt16LE(20, 0);
		said.writeUInt16LE(utf8Names, 2);
		said.writeUInt16LE(8, 4);
		said.writeUInt16LE(date, 8);
		said.writeUInt32LE(crc32(content), 10);
		said.writeUInt32LE(packed.length, 14);
		said.writeUInt32LE(content.length, 18);
		said.writeUInt16LE(name.length, 22);
		bodies.push(signature(0x04034b50), said, name, packed);
		const more = Buffer.alloc(14);
		more.writeUInt32LE(readable >>> 0, 6);
		more.writeUInt32LE(offset, 10);
		const madeBy = Buffer.alloc(2);
		madeBy.writeUInt16LE(versionMadeBy);
		directory.push(signature(0x02014b50), madeBy, said, more, name);
		offset += 30 + name.length + packed.length;
	}
	const end = Buffer.alloc(18);
	end.writeUInt16LE(files.size, 4);
	end.writeUInt16LE(files.size, 6);
	end.writeUInt32LE(
		directory.reduce((sum, part) => sum + part.length, 0),
		8,
	);
	end.writeUInt32LE(offset, 12);
	return Buffer.concat([...bodies, ...directory, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}
