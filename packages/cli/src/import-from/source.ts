import path from "node:path";
import { exitCodes, Failure } from "../failure.ts";
import type { Sendable } from "../upload/upload.ts";
import type { ExportFile } from "./tree.ts";

/** A time that a source gives a picture. */
export interface SourceTime {
	/** As `PATCH /items/{id}` takes it: by the clock of whoever took it, or with an offset. */
	at: string;
	/** It is that of the file or of the saving, not of the taking: it counts where the picture has no time of its own. */
	isFallback: boolean;
}

/** The words and marks that a person gave a picture in another product. */
export interface Description {
	tags: string[];
	/** By their names. */
	albums: string[];
	favorite: boolean;
	note: string | null;
	takenAt: SourceTime | null;
}

/** A picture of another product. Its `path` names it in reports. */
export interface SourcePicture extends Sendable {
	description: Description;
}

/** Everything that was read of another product, before anything is sent. */
export interface Source {
	pictures: SourcePicture[];
	/** The descriptions of albums that have one, by name. */
	albumDescriptions: Map<string, string>;
	losses: Losses;
}

/** The options of every reader. */
export interface ReadOptions {
	signal: AbortSignal;
	/** Tells how many pictures were found so far. */
	onRead(pictures: number): void;
}

/** Counts what cannot be carried, by reason and with names. */
export class Losses {
	readonly #byReason = new Map<string, Set<string>>();

	add(reason: string, name: string): void {
		const names = this.#byReason.get(reason) ?? new Set();
		this.#byReason.set(reason, names.add(name));
	}

	/** Lists the reasons, the most frequent first. */
	list(): { reason: string; count: number; names: string[] }[] {
		return [...this.#byReason]
			.map(([reason, names]) => ({ reason, count: names.size, names: [...names] }))
			.sort((a, b) => b.count - a.count);
	}

	get size(): number {
		return this.list().reduce((sum, { count }) => sum + count, 0);
	}
}

export const emptySource = (): Source => ({ pictures: [], albumDescriptions: new Map(), losses: new Losses() });

/** Larger ones describe no picture; an index may list all of them. */
const max = { sidecarBytes: 5_000_000, indexBytes: 256_000_000 };

/** Reads a text. @throws Error where it is larger than any such file */
async function textIn(file: ExportFile, maxBytes: number): Promise<string> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of file.content()) {
		size += chunk.length;
		if (size > maxBytes) throw new Error(`it has more than ${maxBytes / 1e6} MB`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString();
}

export const readText = (file: ExportFile) => textIn(file, max.sidecarBytes);

/** Reads a sidecar. @throws Error where the file is no JSON, or too large for one */
export async function readSidecar(file: ExportFile): Promise<Record<string, unknown>> {
	return fieldsOf(JSON.parse(await readText(file)));
}

/** Reads a file on which the whole import depends. @throws Failure where it is no JSON */
export async function readIndex(file: ExportFile): Promise<unknown> {
	try {
		return JSON.parse(await textIn(file, max.indexBytes));
	} catch (cause) {
		throw new Failure(`${file.path} cannot be read as JSON: ${(cause as Error).message}`, exitCodes.usage);
	}
}

// Exports are written by others: a field of another type is as good as none.
export const fieldsOf = (value: unknown): Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string | null =>
	typeof value === "string" && value.trim() !== "" ? value.trim() : null;

/** Says why a file that is no picture by its name is left. */
export function unsupported(name: string): string {
	const extension = path.extname(name).slice(1).toLowerCase();
	if (/^(mp4|mov|m4v|avi|mkv|webm|3gp|mpe?g|mts|wmv|mp)$/.test(extension)) return "videos are not taken";
	return extension ? `.${extension} files are not taken` : "files without an extension are not taken";
}
