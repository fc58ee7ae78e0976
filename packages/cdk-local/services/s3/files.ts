import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";

/** Bytes on disk that belong to no object yet. */
export interface Draft {
	file: string;
	size: number;
	etag: string;
}

/** Stores the bytes of objects, each in a file with a random name. */
export class ObjectFiles {
	readonly #folder: string;

	constructor(folder: string) {
		this.#folder = folder;
		mkdirSync(folder, { recursive: true });
	}

	path(file: string): string {
		return join(this.#folder, file);
	}

	/** Writes bytes to disk as they arrive; if reading or writing throws, no file remains. */
	async write(bytes: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<Draft> {
		const file = randomUUID();
		const hash = createHash("md5");
		let size = 0;
		try {
			await using handle = await open(this.path(file), "wx");
			for await (const chunk of bytes) {
				await handle.writeFile(chunk);
				hash.update(chunk);
				size += chunk.length;
			}
		} catch (error) {
			await this.remove([file]);
			throw error;
		}
		return { file, size, etag: hash.digest("hex") };
	}

	async remove(files: string[]): Promise<void> {
		for (const file of files) await rm(this.path(file), { force: true });
	}

	/** Removes files of uploads and deletions that a crash interrupted. */
	removeOrphans(referenced: ReadonlySet<unknown>): void {
		for (const file of readdirSync(this.#folder)) {
			if (!referenced.has(file)) rmSync(this.path(file));
		}
	}
}
