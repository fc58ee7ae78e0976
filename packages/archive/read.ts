import { createTarDecoder } from "modern-tar";
import { sha256Of } from "../client/src/digest.ts";
import { type Manifest, manifestName, manifestOf, maxManifestBytes } from "./manifest.ts";
import { ArchiveRefused } from "./refusal.ts";

/** A file that is read from its beginning, as often as it is asked for. A browser's `File` is one. */
export interface StoredFile {
	name: string;
	size: number;
	stream(): ReadableStream<Uint8Array>;
}

export interface FileContent {
	bytes: Uint8Array<ArrayBuffer>;
	/** Tells whether the bytes are those of the manifest. */
	isIntact: boolean;
}

/** A file of an archive while it is read. */
export interface ArchiveFile {
	path: string;
	size: number;
	/** Reads it whole, before the next file; whoever does not want it leaves it. @throws ArchiveRefused where it has more bytes than `max` */
	read(max?: number): Promise<FileContent>;
}

export interface OpenArchive {
	manifest: Manifest;
	/** Yields each file once, in the archive's order. @throws ArchiveRefused where the archive is cut off or has what its manifest does not name */
	files(): AsyncGenerator<ArchiveFile>;
}

/**
 * Opens an archive: one file that begins with the manifest, or the manifest and the parts that it names. One file of it is in
 * memory at a time, and nothing is written anywhere.
 * @param source the archive's name in sentences
 * @throws ArchiveRefused where it is none, or lacks a part
 */
export async function openArchive(stored: readonly StoredFile[], source: string): Promise<OpenArchive> {
	const separate = stored.find(({ name }) => name === manifestName);
	const [only] = stored;
	if (separate) {
		requireSize(separate.size, source);
		const manifest = manifestOf(await new Response(separate.stream()).text(), source);
		const parts = manifest.parts.map((part) => partOf(part.name, stored));
		return { manifest, files: () => filesOf(manifest, source, parts, false) };
	}
	if (!only || stored.length > 1) {
		throw new ArchiveRefused(
			"no_archive",
			source,
			`${source} has no ${manifestName}: it is no archive of Collections.`,
		);
	}
	const text = await firstManifest(only, source);
	if (text === null) {
		throw new ArchiveRefused(
			"no_archive",
			source,
			`${source} is no archive of Collections, or is damaged where its manifest should be.`,
		);
	}
	const manifest = manifestOf(text, source);
	return { manifest, files: () => filesOf(manifest, source, [only], true) };
}

function partOf(part: string, stored: readonly StoredFile[]): StoredFile {
	const file = stored.find(({ name }) => name === part);
	if (!file) throw new ArchiveRefused("missing_part", part, `${part} is missing: download that part again.`);
	return file;
}

/** Reads the manifest that begins a file; null where it does not begin with one. */
async function firstManifest(file: StoredFile, source: string): Promise<string | null> {
	try {
		for await (const { header, body } of entriesOf(file)) {
			if (header.name !== manifestName || header.type !== "file") return null;
			requireSize(header.size, source);
			return new TextDecoder().decode(await whole(body, header.size, file));
		}
	} catch (error) {
		if (!(error instanceof ArchiveRefused && error.fault === "cut_off")) throw error;
	}
	return null;
}

function requireSize(size: number, source: string): void {
	if (size <= maxManifestBytes) return;
	const sentence = `The manifest of ${source} has ${size} bytes, more than that of any archive: it is not read.`;
	throw new ArchiveRefused("too_large", manifestName, sentence);
}

/** @param hasManifest the file has the manifest, too */
async function* filesOf(
	manifest: Manifest,
	source: string,
	tars: readonly StoredFile[],
	hasManifest: boolean,
): AsyncGenerator<ArchiveFile> {
	const missing = new Map(manifest.entries.map((entry) => [entry.path, entry]));
	let isManifestDue = hasManifest;
	for (const tar of tars) {
		for await (const { header, body } of entriesOf(tar)) {
			const { name, type = "file", size } = header;
			if (isManifestDue && name === manifestName) {
				isManifestDue = false;
				await body.cancel();
				continue;
			}
			const stray = (sentence: string) =>
				new ArchiveRefused("stray_file", name.slice(0, shownLength), `${source} has ${sentence}: it is not read.`);
			if (type !== "file") throw stray(`a ${type} (${shown(name)}), which no archive has`);
			const entry = missing.get(name);
			if (!entry) throw stray(`${shown(name)}, which its manifest does not name`);
			missing.delete(name);
			if (size !== entry.size) {
				throw new ArchiveRefused(
					"other_size",
					name,
					`${name} has ${size} bytes in ${source}, and ${entry.size} by its manifest: it is damaged.`,
				);
			}
			let isLeft = true;
			yield {
				path: name,
				size,
				async read(max = maxManifestBytes) {
					if (size > max) {
						const sentence = `${name} has ${size} bytes, more than any such file: it is not read.`;
						throw new ArchiveRefused("too_large", name, sentence);
					}
					isLeft = false;
					const bytes = await whole(body, size, tar);
					return { bytes, isIntact: (await sha256Of(bytes)) === entry.sha256 };
				},
			};
			if (isLeft) await body.cancel();
		}
	}
	const [first] = missing.keys();
	if (first) {
		throw new ArchiveRefused(
			"incomplete",
			first,
			`${source} lacks ${missing.size} files of its manifest, ${first} first: download it again.`,
		);
	}
}

const shownLength = 100;
/** A name from a stranger's archive, in a sentence. */
const shown = (name: string) => JSON.stringify(name.slice(0, shownLength));

/** Yields the entries of a tar file. @throws ArchiveRefused where it is none, or is cut off */
async function* entriesOf(file: StoredFile) {
	try {
		yield* valuesOf(file.stream().pipeThrough(createTarDecoder({ strict: true })));
	} catch (error) {
		throw unreadable(error, file);
	}
}

/** Reads a body whole. @throws ArchiveRefused where the file ends before it */
async function whole(body: ReadableStream<Uint8Array>, size: number, file: StoredFile) {
	const bytes = new Uint8Array(size);
	let at = 0;
	try {
		for await (const chunk of valuesOf(body)) {
			bytes.set(chunk, at);
			at += chunk.length;
		}
	} catch (error) {
		throw unreadable(error, file);
	}
	return bytes;
}

/** Yields what a stream has, and cancels it where the loop is left. Not every browser's streams can be iterated. */
async function* valuesOf<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
	const reader = stream.getReader();
	try {
		for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
	} finally {
		await reader.cancel();
	}
}

/** Returns the decoder's error as a refusal; one of the file system, or of the browser, stays as it is. */
function unreadable(error: unknown, { name }: StoredFile): unknown {
	if (error instanceof ArchiveRefused || error instanceof DOMException) return error;
	if ((error as { code?: string }).code) return error;
	const sentence = `${name} is cut off or damaged (${(error as Error).message}): download it again.`;
	return new ArchiveRefused("cut_off", name, sentence);
}
