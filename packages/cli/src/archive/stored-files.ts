import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import type { StoredFile } from "../../../archive/read.ts";
import { Failure } from "../failure.ts";

/** Lists the files of an archive: a file alone, or a folder's. @throws Failure where there is none */
export function storedFiles(source: string): StoredFile[] {
	if (!existsSync(source)) throw new Failure(`There is no ${source}.`);
	if (!statSync(source).isDirectory()) return [storedFile(source)];
	return readdirSync(source, { withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => storedFile(path.join(source, entry.name)));
}

const storedFile = (file: string): StoredFile => ({
	name: path.basename(file),
	size: statSync(file).size,
	stream: () => Readable.toWeb(createReadStream(file, { highWaterMark: 1 << 20 })) as ReadableStream<Uint8Array>,
});
