import type { SmartSearch } from "../albums/album.ts";

/** The name and version of the format, by which a manifest begins. */
export const archiveFormat = { format: "collections-archive", version: 1 } as const;

/** A file of an archive. */
export interface ArchiveEntry {
	/** Where it is in the archive: `items/{id}.json`, `originals/{id}.{ext}`, `albums.json`, `chats/0001.json`. */
	path: string;
	/** Bytes. */
	size: number;
	/** Hex digest of its bytes. */
	sha256: string;
}

/** An object with a part of an archive: a tar file of its own. */
export interface ArchivePart {
	/** As `items-000000.tar`; in this order they are joined. */
	name: string;
	key: string;
	size: number;
	sha256: string;
	entries: ArchiveEntry[];
}

/** The list of everything in an archive. */
export interface ArchiveManifest {
	format: typeof archiveFormat.format;
	version: typeof archiveFormat.version;
	created_at: string;
	counts: { items: number; albums: number; chats: number; left_out: number };
	parts: Pick<ArchivePart, "name" | "size" | "sha256">[];
	entries: (ArchiveEntry & { part: string })[];
}

/** An album in an archive, with the ids of its items in the person's order. */
export interface ArchivedAlbum {
	id: string;
	name: string;
	description: string | null;
	cover_item_id: string | null;
	smart: SmartSearch | null;
	created_at: string;
	item_ids: string[];
}

/** A file that goes into a part. */
export interface PackedFile {
	path: string;
	bytes: Uint8Array;
	modifiedAt: Date;
}

/** An archive is kept for so long after its export has ended; the bucket removes its objects by then. */
export const archiveDays = 7;

/**
 * Bounds the bytes of a part, unless a single original is larger (50 MB at most): a function holds a part in memory twice
 * beside what it runs with, of 512 MB.
 */
export const maxPartBytes = 64 * 1024 * 1024;

/** The items of one export; ids alone are written when it starts. */
export const maxExportItems = 200_000;

/** Begins the keys of all archives; the bucket's lifecycle is bound to it. */
export const archivePrefix = "exports/";

/** Returns the prefix of the objects of one export. */
export const exportPrefix = (userId: string, jobId: string): string => `${archivePrefix}${userId}/${jobId}/`;
