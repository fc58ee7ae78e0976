import { readFileSync, statSync } from "node:fs";
import { exitCodes, Failure } from "../failure.ts";
import type { Sendable } from "../upload/upload.ts";

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
	/** Removes what reading left behind. */
	close?(): Promise<void>;
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

/** Larger ones describe no picture. */
const maxJsonBytes = 5_000_000;

/** Reads a sidecar. @throws Error where the file is no JSON, or too large for one */
export function readSidecar(file: string): Record<string, unknown> {
	if (statSync(file).size > maxJsonBytes) throw new Error("a sidecar of more than 5 MB");
	return fieldsOf(JSON.parse(readFileSync(file, "utf8")));
}

/** Reads a file on which the whole import depends. @throws Failure where it is no JSON */
export function readIndex(file: string): unknown {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch (cause) {
		throw new Failure(`${file} cannot be read as JSON: ${(cause as Error).message}`, exitCodes.usage);
	}
}

// Exports are written by others: a field of another type is as good as none.
export const fieldsOf = (value: unknown): Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string | null =>
	typeof value === "string" && value.trim() !== "" ? value.trim() : null;
