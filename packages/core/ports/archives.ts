import type { ArchivedAlbum, ArchiveEntry, ArchivePart, PackedFile } from "../archive/archive.ts";
import type { ArchivedItem } from "../archive/archived-item.ts";

/** The rows of a person for an archive, and its parts. Every call is bound to one user. */
export interface Archives {
	/** Returns the ids of the items whose picture has arrived, those in the trash included, the oldest first. */
	itemIds(userId: string, limit: number): Promise<string[]>;
	/** Returns those that exist, in the order of the ids. */
	items(userId: string, itemIds: string[]): Promise<ArchivedItem[]>;
	/**
	 * Gives a `pending` item, that has no analysis, everything that an archive knows of it but the picture: analyses, the
	 * person's own words, tags, vectors of the current analysis. Its ids are derived from the archive's. Nothing changes in any
	 * other status, or where it has an analysis already.
	 */
	addWords(userId: string, itemId: string, archived: ArchivedItem): Promise<void>;
	/** Lists albums, the oldest first. */
	albums(userId: string): Promise<ArchivedAlbum[]>;
	/** Records a part of a job's archive, or again the part of this name. */
	putPart(userId: string, jobId: string, part: ArchivePart): Promise<void>;
	/** Lists the parts of a job's archive by name. */
	parts(userId: string, jobId: string): Promise<Omit<ArchivePart, "entries">[]>;
	/** Lists the files of a job's archive, in the order of the parts. */
	entries(userId: string, jobId: string): Promise<(ArchiveEntry & { part: string })[]>;
	/** Returns the person's other jobs whose archive has parts. */
	otherJobs(userId: string, jobId: string): Promise<string[]>;
	/** Forgets the parts of a job's archive, whose objects are gone. */
	forgetParts(userId: string, jobId: string): Promise<void>;
}

/** Joins files. */
export interface Tar {
	/** Makes a tar file, which ends with two blocks of zeros. */
	pack(files: PackedFile[]): Promise<Uint8Array>;
}
