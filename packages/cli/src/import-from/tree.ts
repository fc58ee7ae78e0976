import type { Sendable } from "../upload/upload.ts";

/** A file of an export, which may be sent. */
export interface ExportFile extends Sendable {
	/** The last part of its path. */
	name: string;
	/** Reads it from its beginning. @throws Unreadable where it is damaged */
	content(): AsyncIterable<Uint8Array>;
}

/** The files of one folder. */
export interface Folder {
	/** From the top of the export, with slashes; empty for the top itself. */
	path: string;
	pictures: ExportFile[];
	others: ExportFile[];
}

/** The files of an export, in a folder or in archives. */
export interface Tree {
	/** Yields every folder. */
	folders(): Iterable<Folder>;
	/**
	 * Finds a file that an export's JSON names.
	 * @param below the folder that it must not leave
	 * @returns the reason where it is none of the export
	 */
	find(name: string, below?: string): ExportFile | { reason: string };
}
