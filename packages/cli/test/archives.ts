import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { packTar, type TarEntry } from "modern-tar";
import type { Manifest } from "../../archive/manifest.ts";

export const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** An archive of a few items, as a service makes it: two parts and their manifest. */
export interface MadeArchive {
	manifest: Manifest;
	parts: { name: string; bytes: Uint8Array }[];
}

/**
 * Makes an archive.
 * @param items the bytes of each item's picture
 * @param rowOf the row of an item. @default what an item has
 */
export async function makeArchive(
	items: Uint8Array[],
	albumList: object[] = [],
	rowOf: (id: string) => object = (id) => ({ id, original_filename: "a.png", mime_type: "image/png" }),
): Promise<MadeArchive> {
	const files = items.flatMap((original, at) => {
		const id = idOf(at);
		const row = Buffer.from(JSON.stringify(rowOf(id)));
		return [
			{ path: `items/${id}.json`, bytes: row as Uint8Array },
			{ path: `originals/${id}.png`, bytes: original },
		];
	});
	const albums = Buffer.from(JSON.stringify({ albums: albumList }));
	const groups = [
		{ name: "items-000000.tar", files: files.slice(0, 2) },
		{ name: "items-000001.tar", files: files.slice(2) },
		{ name: "library-000000.tar", files: [{ path: "albums.json", bytes: albums as Uint8Array }] },
	];
	const parts = await Promise.all(
		groups.map(async (group) => ({ name: group.name, bytes: await packTar(group.files.map(entryOf)) })),
	);
	const entries = groups.flatMap(({ name, files: grouped }) =>
		grouped.map(({ path: file, bytes }) => ({ path: file, size: bytes.length, sha256: digestOf(bytes), part: name })),
	);
	return {
		manifest: {
			format: "collections-archive",
			version: 1,
			created_at: "2026-12-02T00:00:00.000Z",
			counts: { items: items.length, albums: 0, chats: 0, left_out: 0 },
			parts: parts.map(({ name, bytes }) => ({ name, size: bytes.length, sha256: digestOf(bytes) })),
			entries,
		},
		parts,
	};
}

export const idOf = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;

const entryOf = ({ path: name, bytes }: { path: string; bytes: Uint8Array }): TarEntry => ({
	header: { name, size: bytes.length },
	body: bytes,
});

/** Writes an archive as a folder of parts. */
export function writeFolder(folder: string, { manifest, parts }: MadeArchive): void {
	writeFileSync(path.join(folder, "manifest.json"), JSON.stringify(manifest));
	for (const { name, bytes } of parts) writeFileSync(path.join(folder, name), bytes);
}

/** Has the first file of a tar file claim 8 GB. */
export function claimingHugeFile(tar: Uint8Array): Buffer {
	const bytes = Buffer.from(tar);
	// The size in the header, in octal digits, and the sum of the header's bytes that changes with it.
	bytes.write("77777777777", 124);
	bytes.fill(" ", 148, 156);
	const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
	bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
	return bytes;
}
