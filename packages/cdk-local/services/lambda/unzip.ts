import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { inflateRawSync } from "node:zlib";
import { AwsError } from "../../endpoint/types.ts";

const endOfDirectory = 0x06054b50;
const entryOfDirectory = 0x02014b50;

/** Unpacks a zip file into a folder. @throws AwsError where it is none, or writes outside the folder */
export function unzip(zip: Buffer, folder: string): void {
	for (const { path, content } of entries(zip)) {
		if (path.endsWith("/")) continue;
		const file = resolve(folder, path);
		if (!file.startsWith(resolve(folder) + sep)) throw notZip(path);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(join(file), content);
	}
}

/** As the directory at the file's end lists them: an entry's own header may leave its sizes open. */
function* entries(zip: Buffer): Generator<{ path: string; content: Buffer }> {
	const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
	if (end < 0 || zip.readUInt32LE(end) !== endOfDirectory) throw notZip();
	const count = zip.readUInt16LE(end + 10);
	let at = zip.readUInt32LE(end + 16);
	for (let index = 0; index < count; index += 1) {
		if (zip.readUInt32LE(at) !== entryOfDirectory) throw notZip();
		const method = zip.readUInt16LE(at + 10);
		const packed = zip.readUInt32LE(at + 20);
		const nameLength = zip.readUInt16LE(at + 28);
		const more = zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
		const header = zip.readUInt32LE(at + 42);
		const path = zip.toString("utf8", at + 46, at + 46 + nameLength);
		const start =
			header +
			30 +
			zip.readUInt16LE(header + 26) +
			zip.readUInt16LE(header + 28);
		const body = zip.subarray(start, start + packed);
		if (method !== 0 && method !== 8) throw notZip(path);
		yield { path, content: method === 0 ? body : inflateRawSync(body) };
		at += 46 + nameLength + more;
	}
}

const notZip = (path = "") =>
	new AwsError(
		"InvalidParameterValueException",
		`Could not unzip uploaded file. Please check your file, then try to upload again.${path && ` (${path})`}`,
	);
