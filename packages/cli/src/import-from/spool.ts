import { createWriteStream, mkdtempSync, openAsBlob, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import type { Sendable } from "../upload/upload.ts";

type Spooled = Required<Pick<Sendable, "open" | "close">>;

/** Keeps in files what is no file of its own, in a folder that goes with the process. */
export class Spool {
	#folder: string | undefined;
	#files = 0;

	/** Writes a file. @returns its path */
	async write(content: AsyncIterable<Uint8Array>): Promise<string> {
		this.#folder ??= makeFolder();
		const file = path.join(this.#folder, String(this.#files++));
		try {
			await pipeline(content, createWriteStream(file));
		} catch (error) {
			rmSync(file, { force: true });
			throw error;
		}
		return file;
	}

	/** Opens a file that is written, and removes it once it is sent. */
	kept(file: string): Spooled {
		return { open: () => openAsBlob(file), close: () => rmSync(file, { force: true }) };
	}

	/** Writes a file when its turn comes, and removes it once it is sent. */
	onDemand(content: () => AsyncIterable<Uint8Array>): Spooled {
		let file: string | undefined;
		return {
			open: async () => {
				file = await this.write(content());
				return openAsBlob(file);
			},
			close: () => file && rmSync(file, { force: true }),
		};
	}
}

function makeFolder(): string {
	const folder = mkdtempSync(path.join(tmpdir(), "collections-import-"));
	process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
