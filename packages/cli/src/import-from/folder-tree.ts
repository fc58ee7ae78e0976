import { createReadStream, existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { isPictureName } from "../../../client/index.ts";
import type { Losses } from "./source.ts";
import type { ExportFile, Folder, Tree } from "./tree.ts";

/** An export in a folder. Links are not followed, since they may lead out of it; they are losses with what cannot be read. */
export class FolderTree implements Tree {
	readonly #root: string;
	readonly #losses: Losses;

	constructor(root: string, losses: Losses) {
		this.#root = root;
		this.#losses = losses;
	}

	*folders(folder = ""): Generator<Folder> {
		const found: Folder = { path: folder, pictures: [], others: [] };
		const absolute = path.join(this.#root, folder);
		const below: string[] = [];
		try {
			for (const entry of readdirSync(absolute, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
				const file = path.join(absolute, entry.name);
				if (entry.isSymbolicLink()) this.#losses.add("links are not followed", file);
				else if (entry.isDirectory()) below.push(path.posix.join(folder, entry.name));
				else if (entry.isFile()) found[isPictureName(entry.name) ? "pictures" : "others"].push(exportFile(file));
			}
		} catch (error) {
			this.#losses.add(`cannot be read (${(error as NodeJS.ErrnoException).code})`, absolute);
		}
		yield found;
		for (const next of below) yield* this.folders(next);
	}

	find(name: string, below = ""): ExportFile | { reason: string } {
		const top = path.join(this.#root, below);
		const file = path.resolve(top, name);
		if (!isBelow(top, file)) return { reason: "its path leads out of the export" };
		if (!existsSync(file)) return { reason: "its file is missing in the export" };
		const isReal = lstatSync(file).isFile() && isBelow(realpathSync(top), realpathSync(file));
		return isReal ? exportFile(file) : { reason: "links are not followed" };
	}
}

const isBelow = (folder: string, file: string) => file.startsWith(folder + path.sep);

function exportFile(file: string): ExportFile {
	const { size, mtimeMs } = statSync(file);
	return {
		path: file,
		name: path.basename(file),
		size,
		modified: Math.floor(mtimeMs),
		content: () => createReadStream(file),
	};
}
