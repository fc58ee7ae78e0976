import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { exitCodes, Failure } from "../failure.ts";
import { type ArchiveKind, ArchiveTree } from "./archive-tree.ts";
import { FolderTree } from "./folder-tree.ts";
import type { Losses } from "./source.ts";
import type { Tree } from "./tree.ts";

/**
 * Opens an export: its folder, or the archives that the product made of it, which are not unpacked first. What cannot be taken
 * of it is among the losses.
 * @throws Failure where there is none, or an archive is damaged
 */
export async function openTree(
	places: readonly string[],
	whatItIs: string,
	{ losses, signal }: { losses: Losses; signal: AbortSignal },
): Promise<Tree> {
	for (const place of places) if (!existsSync(place)) throw new Failure(`There is no ${place}.`, exitCodes.usage);
	const [first = ""] = places;
	if (places.length === 1 && statSync(first).isDirectory()) return new FolderTree(path.resolve(first), losses);
	const tree = new ArchiveTree(losses, signal);
	for (const place of places) {
		if (statSync(place).isDirectory()) {
			throw new Failure(`${place} is a folder: give one folder, or the archives of one export.`, exitCodes.usage);
		}
		const kind = archiveKind(place);
		if (!kind)
			throw new Failure(`${place} is neither a folder nor a ZIP or tar.gz file: give ${whatItIs}`, exitCodes.usage);
		await tree.add(path.resolve(place), kind);
	}
	return tree;
}

/** Tells an archive by its first bytes. */
function archiveKind(file: string): ArchiveKind | null {
	const begin = Buffer.alloc(2);
	const opened = openSync(file, "r");
	readSync(opened, begin, 0, begin.length, 0);
	closeSync(opened);
	if (begin.toString("latin1") === "PK") return "zip";
	return begin.readUInt16BE() === 0x1f8b ? "tar.gz" : null;
}
