import type { Manifest } from "./manifest.ts";
import { openArchive } from "./read.ts";

export interface Verified {
	manifest: Manifest;
	bytes: number;
	/** The files whose bytes are not those of the manifest. */
	damaged: string[];
}

/** Reads a whole archive and compares every file with the manifest. @throws Failure as `openArchive` */
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
	const { manifest, files } = await openArchive(source);
	onStart?.(manifest);
	const damaged: string[] = [];
	let bytes = 0;
	for await (const file of files()) {
		signal?.throwIfAborted();
		for await (const chunk of file.chunks()) bytes += chunk.length;
		if (!file.isIntact()) damaged.push(file.path);
		onFile?.(file.size);
	}
	return { manifest, bytes, damaged };
}
