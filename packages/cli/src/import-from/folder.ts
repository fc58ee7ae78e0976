import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { isPictureName } from "../../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { LocalPicture } from "../upload/pictures.ts";
import type { Losses } from "./source.ts";

/** The files of one folder, by name. */
export interface Folder {
	path: string;
	pictures: LocalPicture[];
	/** Every other file. */
	others: string[];
}

/** Finds the folder of an export. @throws Failure where it is an archive, a file or nothing */
export function requireFolder(place: string, whatItIs: string): string {
	const root = path.resolve(place);
	if (!existsSync(root)) throw new Failure(`There is no ${place}.`, exitCodes.usage);
	if (statSync(root).isDirectory()) return root;
	const isArchive = /\.(zip|tgz|tar|tar\.gz)$/i.test(root);
	throw new Failure(
		isArchive
			? `${place} is an archive: unpack it, and give the folder that it becomes.`
			: `${place} is a file: give ${whatItIs}.`,
		exitCodes.usage,
	);
}

/** Yields a folder and all below. Links are not followed, since they may lead out of it; they are losses with what cannot be read. */
export function* foldersIn(root: string, losses: Losses): Generator<Folder> {
	const folder: Folder = { path: root, pictures: [], others: [] };
	const below: string[] = [];
	try {
		for (const entry of readdirSync(root, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
			const file = path.join(root, entry.name);
			if (entry.isSymbolicLink()) losses.add("links are not followed", file);
			else if (entry.isDirectory()) below.push(file);
			else if (entry.isFile() && isPictureName(entry.name)) folder.pictures.push(localPicture(file));
			else if (entry.isFile()) folder.others.push(entry.name);
		}
	} catch (error) {
		losses.add(`cannot be read (${(error as NodeJS.ErrnoException).code})`, root);
	}
	yield folder;
	for (const next of below) yield* foldersIn(next, losses);
}

export function localPicture(file: string): LocalPicture {
	const { size, mtimeMs } = statSync(file);
	return { path: file, size, modified: Math.floor(mtimeMs) };
}

/**
 * Finds a file that an export's JSON names.
 * @returns its path, or the reason why it is none of the export
 */
export function fileOf(root: string, relative: string): { file: string } | { reason: string } {
	const file = path.resolve(root, relative);
	if (!isBelow(root, file)) return { reason: "its path leads out of the export" };
	if (!existsSync(file)) return { reason: "its file is missing in the export" };
	const isReal = lstatSync(file).isFile() && isBelow(realpathSync(root), realpathSync(file));
	return isReal ? { file } : { reason: "links are not followed" };
}

const isBelow = (root: string, file: string) => file.startsWith(root + path.sep);

/** Says why a file that is no picture by its name is left. */
export function unsupported(name: string): string {
	const extension = path.extname(name).slice(1).toLowerCase();
	if (/^(mp4|mov|m4v|avi|mkv|webm|3gp|mpe?g|mts|wmv|mp)$/.test(extension)) return "videos are not taken";
	return extension ? `.${extension} files are not taken` : "files without an extension are not taken";
}
