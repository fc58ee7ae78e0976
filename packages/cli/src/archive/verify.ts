import type { Manifest } from "../../../archive/manifest.ts";
import { openArchive } from "../../../archive/read.ts";
import { storedFiles } from "./stored-files.ts";

export interface Verified {
	manifest: Manifest;
	bytes: number;
	/** The files whose bytes are not those of the manifest. */
	damaged: string[];
}

/** Reads a whole archive and compares every file with the manifest. @throws ArchiveRefused as `openArchive` */
export async function verifyArchive(
	source: string,
	{
		onStart,
		onFile,
		signal,
	}: {
		onStart?: (manifest: Manifest) => void;
		onFile?: (bytes: number) => void;
		signal?: AbortSignal;
	} = {},
): Promise<Verified> {
	const { manifest, files } = await openArchive(storedFiles(source), source);
	onStart?.(manifest);
	const damaged: string[] = [];
	let bytes = 0;
	for await (const file of files()) {
		signal?.throwIfAborted();
		const { isIntact } = await file.read();
		bytes += file.size;
		if (!isIntact) damaged.push(file.path);
		onFile?.(file.size);
	}
	return { manifest, bytes, damaged };
}
