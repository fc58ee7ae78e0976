import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { createTarDecoder } from "modern-tar";
import { Failure } from "../failure.ts";
import { type Manifest, manifestName, manifestOf, maxManifestBytes } from "./manifest.ts";

/** A file of an archive while it is read. */
export interface ArchiveFile {
	path: string;
	size: number;
	/** Bytes as they come; whoever does not want them leaves them. */
	chunks(): AsyncIterable<Uint8Array>;
	/** Tells whether the bytes, all of which were read, are those of the manifest. */
	isIntact(): boolean;
}

export interface OpenArchive {
	manifest: Manifest;
	/** Yields each file once, in the archive's order. @throws Failure where the archive is cut off or has what its manifest does not name */
	files(): AsyncGenerator<ArchiveFile>;
}

/** Opens an archive: the joined file, or a folder with the manifest and the parts. Nothing is written anywhere. */
export async function openArchive(source: string): Promise<OpenArchive> {
	if (!existsSync(source)) throw new Failure(`There is no ${source}.`);
	if (!statSync(source).isDirectory()) return openFile(source);
	const name = path.join(source, manifestName);
	if (!existsSync(name)) throw new Failure(`${source} has no ${manifestName}: it is no archive of Collections.`);
	requireSize(statSync(name).size, source);
	const manifest = manifestOf(readFileSync(name, "utf8"), source);
	return {
		manifest,
		files: () =>
			filesOf(
				manifest,
				source,
				manifest.parts.map((part) => path.join(source, part.name)),
				false,
			),
	};
}

async function openFile(source: string): Promise<OpenArchive> {
	const text = await firstManifest(source);
	if (text === null) {
		throw new Failure(`${source} is no archive of Collections, or is damaged where its manifest should be.`);
	}
	const manifest = manifestOf(text, source);
	return { manifest, files: () => filesOf(manifest, source, [source], true) };
}

/** Reads the manifest that begins a file; null where it does not begin with one. */
async function firstManifest(source: string): Promise<string | null> {
	try {
		for await (const { header, body } of entriesOf(source)) {
			if (header.name !== manifestName || header.type !== "file") return null;
			requireSize(header.size, source);
			const chunks = [];
			for await (const chunk of body) chunks.push(chunk);
			return Buffer.concat(chunks).toString();
		}
	} catch (error) {
		if (!(error instanceof CutOff)) throw error;
	}
	return null;
}

function requireSize(size: number, source: string): void {
	if (size <= maxManifestBytes) return;
	throw new Failure(`The manifest of ${source} has ${size} bytes, more than that of any archive: it is not read.`);
}

/** @param hasManifest the file has the manifest, too */
async function* filesOf(
	manifest: Manifest,
	source: string,
	tars: string[],
	hasManifest: boolean,
): AsyncGenerator<ArchiveFile> {
	const missing = new Map(manifest.entries.map((entry) => [entry.path, entry]));
	let isManifestDue = hasManifest;
	for (const tar of tars) {
		if (!existsSync(tar)) throw new Failure(`${tar} is missing: download that part again.`);
		for await (const { header, body } of entriesOf(tar)) {
			const { name, type = "file", size } = header;
			if (isManifestDue && name === manifestName) {
				isManifestDue = false;
				await body.cancel();
				continue;
			}
			if (type !== "file")
				throw new Failure(`${source} has a ${type} (${shown(name)}), which no archive has: it is not read.`);
			const entry = missing.get(name);
			if (!entry) throw new Failure(`${source} has ${shown(name)}, which its manifest does not name: it is not read.`);
			missing.delete(name);
			if (size !== entry.size) {
				throw new Failure(`${name} has ${size} bytes in ${source}, and ${entry.size} by its manifest: it is damaged.`);
			}
			const hash = createHash("sha256");
			let read = 0;
			let isLeft = true;
			yield {
				path: name,
				size,
				async *chunks() {
					isLeft = false;
					for await (const chunk of body) {
						hash.update(chunk);
						read += chunk.length;
						yield chunk;
					}
				},
				isIntact: () => read === size && hash.digest("hex") === entry.sha256,
			};
			if (isLeft) await body.cancel();
		}
	}
	const [first] = missing.keys();
	if (first)
		throw new Failure(`${source} lacks ${missing.size} files of its manifest, ${first} first: download it again.`);
}

/** A name from a stranger's archive, in a sentence. */
const shown = (name: string) => JSON.stringify(name.slice(0, 100));

/** Yields the entries of a tar file. @throws Failure where it is none, or is cut off */
async function* entriesOf(file: string) {
	const source = createReadStream(file, { highWaterMark: 1 << 20 });
	const entries = (Readable.toWeb(source) as ReadableStream<Uint8Array>).pipeThrough(
		createTarDecoder({ strict: true }),
	);
	try {
		for await (const entry of entries) {
			yield {
				header: entry.header,
				body: guarded(entry.body, file),
			};
		}
	} catch (error) {
		throw unreadable(error, file);
	} finally {
		source.destroy();
	}
}

/** A body whose errors say which file is damaged. */
function guarded(body: ReadableStream<Uint8Array>, file: string) {
	return {
		cancel: () => body.cancel().catch((error) => Promise.reject(unreadable(error, file))),
		async *[Symbol.asyncIterator]() {
			try {
				for await (const chunk of body) yield chunk;
			} catch (error) {
				throw unreadable(error, file);
			}
		},
	};
}

/** Reports a file that is no whole tar file. */
class CutOff extends Failure {}

function unreadable(error: unknown, file: string): unknown {
	if (error instanceof Failure || (error as NodeJS.ErrnoException).code) return error;
	return new CutOff(`${file} is cut off or damaged (${(error as Error).message}): download it again.`);
}
