import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { lock } from "../lock.ts";
import type { LocalPicture } from "./pictures.ts";

/** The state of a file: the item that was made for it, and whether its bytes are certainly stored. */
export interface Entry {
	itemId: string;
	stored: boolean;
	/** The digest of the description that an import gave the item. */
	described?: string;
}

interface Line extends Entry {
	file: string;
}

/** Names a file as it is: changed, it is another one. */
const keyOf = ({ path: file, size, modified }: LocalPicture) => `${size} ${modified} ${file}`;

/**
 * Keeps what was sent, line by line, each written before the next step: after a kill the next run knows what is left. One
 * journal for each person and environment; one process at a time writes it.
 */
export class Journal {
	readonly #file: string;
	readonly #release: () => void;
	readonly #entries: Map<string, Entry>;

	/** @throws Failure where another process is uploading */
	constructor(folder: string, owner: string) {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		this.#file = fileOf(folder, owner);
		this.#release = lock(`${this.#file}.lock`, "upload");
		const { entries, isCut } = entriesIn(this.#file);
		this.#entries = entries;
		// A line that a kill or a full disk cut off takes no other with it.
		if (isCut) appendFileSync(this.#file, "\n");
	}

	/** Returns the pictures that are certainly stored, also while another process writes the journal. */
	static stored(folder: string, owner: string, pictures: readonly LocalPicture[]): LocalPicture[] {
		const { entries } = entriesIn(fileOf(folder, owner));
		return pictures.filter((picture) => entries.get(keyOf(picture))?.stored);
	}

	of(picture: LocalPicture): Entry | undefined {
		return this.#entries.get(keyOf(picture));
	}

	record(picture: LocalPicture, entry: Entry): void {
		const line: Line = { file: keyOf(picture), ...entry };
		this.#entries.set(line.file, line);
		appendFileSync(this.#file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
	}

	close(): void {
		this.#release();
	}
}

function fileOf(folder: string, owner: string): string {
	const name = createHash("sha256").update(owner).digest("hex").slice(0, 16);
	return path.join(folder, `uploads-${name}.jsonl`);
}

function entriesIn(file: string): { entries: Map<string, Entry>; isCut: boolean } {
	const entries = new Map<string, Entry>();
	const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
	for (const text of lines) {
		const line = lineOf(text);
		if (line) entries.set(line.file, line);
	}
	return { entries, isCut: Boolean(lines.at(-1)) };
}

/** A line that was cut off is no line. */
function lineOf(text: string): Line | null {
	try {
		return JSON.parse(text) as Line;
	} catch {
		return null;
	}
}
