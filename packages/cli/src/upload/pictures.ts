import { lstatSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { isPictureName } from "../../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";

/** A picture on this machine. */
export interface LocalPicture {
	path: string;
	size: number;
	/** In milliseconds. */
	modified: number;
}

/**
 * Finds the pictures of files and folders, a folder's own or with `recursive` those of all below. Links are not followed,
 * since they may lead out of the folder or round in a circle; what cannot be read is among `skipped`, with the reason.
 */
export function findPictures(
	paths: readonly string[],
	{ recursive }: { recursive: boolean },
): { pictures: LocalPicture[]; skipped: string[] } {
	const pictures = new Map<string, LocalPicture>();
	const skipped: string[] = [];
	const add = (file: string) => {
		// A file may go while its folder is read.
		const stat = statSync(file, { throwIfNoEntry: false });
		if (stat) pictures.set(file, { path: file, size: stat.size, modified: Math.floor(stat.mtimeMs) });
	};
	const walk = (folder: string) => {
		try {
			for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
				const found = path.join(folder, entry.name);
				if (entry.isFile() && isPictureName(entry.name)) add(found);
				else if (entry.isDirectory() && recursive && !entry.name.startsWith(".")) walk(found);
			}
		} catch (error) {
			skipped.push(unreadable(folder, error));
		}
	};
	for (const name of paths) {
		const absolute = path.resolve(name);
		try {
			if (lstatSync(absolute).isDirectory()) walk(absolute);
			else add(absolute);
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "ENOENT") skipped.push(unreadable(absolute, error));
			else throw new Failure(`There is no ${name}.`, exitCodes.usage);
		}
	}
	return { pictures: [...pictures.values()], skipped };
}

const unreadable = (place: string, error: unknown) =>
	`${place} cannot be read (${(error as NodeJS.ErrnoException).code}): ask its owner for it.`;
