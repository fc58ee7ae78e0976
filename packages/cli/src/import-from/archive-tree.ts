import { createReadStream, statSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { createTarDecoder } from "modern-tar";
import { type Entry, getFileNameLowLevel, openPromise, validateFileName, type ZipFile } from "yauzl";
import { isPictureName } from "../../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import { Unreadable } from "../upload/upload.ts";
import type { Losses } from "./source.ts";
import { Spool } from "./spool.ts";
import type { ExportFile, Folder, Tree } from "./tree.ts";

/** No export is packed more than so many times; a bomb is a thousand times and more. A small archive may be, as one of zeros. */
const max = { ratio: 100, unboundedBytes: 100_000_000 };

export type ArchiveKind = "zip" | "tar.gz";

type Found = Omit<ExportFile, "name" | "path"> & {
	/** Says why it is left. */
	reason: string | null;
};

/**
 * An export in its archives, whose files are joined: a Takeout is many. A file of a ZIP is unpacked when its turn comes. A
 * tar.gz is read through once, and its files wait in the folder for temporary files.
 */
export class ArchiveTree implements Tree {
	readonly #files = new Map<string, ExportFile>();
	readonly #spool = new Spool();
	readonly #losses: Losses;
	readonly #signal: AbortSignal;

	constructor(losses: Losses, signal: AbortSignal) {
		this.#losses = losses;
		this.#signal = signal;
	}

	/** @throws Failure where it is damaged, or a bomb */
	async add(archive: string, kind: ArchiveKind): Promise<void> {
		try {
			if (kind === "zip") await this.#addZip(archive);
			else await this.#addTar(archive);
		} catch (error) {
			if (error instanceof Failure || this.#signal.aborted || "syscall" in (error as Error)) throw error;
			throw new Failure(`${archive} is cut off or damaged: download it again.`, exitCodes.usage);
		}
	}

	*folders(): Generator<Folder> {
		const folders = new Map<string, Folder>();
		for (const [name, file] of [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1))) {
			const at = path.posix.dirname(name);
			const folder = folders.get(at) ?? { path: at === "." ? "" : at, pictures: [], others: [] };
			folders.set(at, folder);
			folder[isPictureName(file.name) ? "pictures" : "others"].push(file);
		}
		yield* folders.values();
	}

	find(name: string, below = ""): ExportFile | { reason: string } {
		const found = path.posix.join(below, name);
		if (leadsOut(path.posix.relative(below, found))) return { reason: "its path leads out of the export" };
		return this.#files.get(found) ?? { reason: "its file is missing in the export" };
	}

	async #addZip(archive: string): Promise<void> {
		const zip = await openPromise(archive, { autoClose: false, decodeStrings: false });
		const grow = growth(archive);
		for await (const entry of zip.eachEntry()) {
			this.#signal.throwIfAborted();
			const { extraFields, fileNameRaw, generalPurposeBitFlag, uncompressedSize: size } = entry;
			const name = getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
			if (name.endsWith("/")) continue;
			grow(size);
			const content = () => this.#unpacked(zip, entry);
			const modified = entry.getLastModDate({ timezone: "UTC" }).getTime();
			const reason = reasonAgainst(entry);
			this.#take(archive, name, { size, modified, content, reason, ...this.#spool.onDemand(content) });
		}
	}

	async *#unpacked(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
		this.#signal.throwIfAborted();
		let sum = 0;
		try {
			for await (const chunk of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
				sum = crc32(chunk, sum);
				yield chunk;
			}
		} catch (cause) {
			throw new Unreadable(damaged, { cause });
		}
		if (sum !== entry.crc32) throw new Unreadable(damaged);
	}

	async #addTar(archive: string): Promise<void> {
		const packed = createReadStream(archive, { signal: this.#signal });
		const entries = (Readable.toWeb(packed) as ReadableStream<Uint8Array<ArrayBuffer>>)
			.pipeThrough(new DecompressionStream("gzip"))
			.pipeThrough(createTarDecoder({ strict: true }));
		const grow = growth(archive);
		for await (const { header, body } of entries) {
			const { name, size, type = "file", mtime } = header;
			grow(size);
			if (type === "directory") continue;
			const reason = type === "file" ? null : linkReason;
			const spooled = reason || leadsOut(name) ? "" : await this.#spool.write(body);
			const content = () => createReadStream(spooled);
			const modified = mtime?.getTime() ?? 0;
			this.#take(archive, name, { size, modified, content, reason, ...this.#spool.kept(spooled) });
		}
	}

	/** Takes a file, or says why not. */
	#take(archive: string, name: string, { reason, ...file }: Found): void {
		const label = path.join(archive, name);
		const normalized = path.posix.normalize(name);
		if (normalized.startsWith("__MACOSX/")) return;
		if (leadsOut(name)) this.#losses.add("its path leads out of the archive", name);
		else if (reason) this.#losses.add(reason, label);
		else if (!this.#files.has(normalized)) {
			this.#files.set(normalized, { ...file, name: path.posix.basename(normalized), path: label });
		} else if (this.#files.get(normalized)?.size !== file.size) {
			this.#losses.add("another file of the archives has its path", label);
		}
	}
}

const linkReason = "links are not followed";
const damaged = "It is damaged: its bytes are not those that the archive lists.";

const leadsOut = (name: string) => validateFileName(name) !== null;

/** Says why a file of a ZIP is left. */
function reasonAgainst(entry: Entry): string | null {
	const type = (entry.externalFileAttributes >>> 16) & fileType.mask;
	if (type !== fileType.none && type !== fileType.file) return linkReason;
	if (entry.isEncrypted()) return "is encrypted: unpack it with its password, and give the folder";
	if (!entry.canDecodeFileData()) return "is packed in another way than ZIP files are: unpack it, and give the folder";
	return null;
}

/** The type of a file in the mode that Unix gives it, above the sixteen bits of DOS. */
const fileType = { mask: 0o170000, none: 0, file: 0o100000 };

/** Adds up what an archive unpacks to. */
function growth(archive: string): (size: number) => void {
	const bound = Math.max(max.unboundedBytes, statSync(archive).size * max.ratio);
	let total = 0;
	return (size) => {
		total += size;
		if (total <= bound) return;
		throw new Failure(
			`${archive} unpacks to more than ${Math.round(bound / 1e6)} MB, ${max.ratio} times its size or more: no export does, and it is not read.`,
			exitCodes.usage,
		);
	};
}
