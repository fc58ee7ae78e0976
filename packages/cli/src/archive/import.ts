import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ApiProblem, type CollectionsClient, type Problem } from "../../../client/index.ts";
import { Failure } from "../failure.ts";
import type { Manifest } from "./manifest.ts";
import { type ArchiveFile, openArchive } from "./read.ts";

export interface ImportSummary {
	imported: number;
	/** The person had the picture before. */
	known: number;
	albums: number;
	/** They stay in the archive. */
	chats: number;
	refused: { path: string; reason: string }[];
}

interface ImportOptions {
	signal: AbortSignal;
	onStart(manifest: Manifest): void;
	/** An item has ended, in or refused. */
	onItem(bytes: number): void;
}

interface UploadForm {
	url: string;
	fields: Record<string, string>;
}

type Answer = { id: string; upload: UploadForm | null } | Problem;

/** A row and the picture beside it, as the archive has them: the row comes first. */
interface Pair {
	path: string;
	id: string;
	row: string;
	picture: Uint8Array<ArrayBuffer>;
	contentType: string;
}

/** More than any item has; the service takes 3 MB at once. */
const maxRowBytes = 3_000_000;
const maxPictureBytes = 50 * 1024 * 1024;
/** Items of one request, as long as rows and pictures are no more than this. */
const itemsAtOnce = 20;
const rowBytesAtOnce = 2_000_000;
const pictureBytesAtOnce = 100 * 1024 * 1024;
const uploadsAtOnce = 4;
/** The pipeline works off pending uploads meanwhile. */
const fullPauseMs = 10_000;
const idsPerChange = 100;

/** The fields of a row that the program reads; the service checks all of them. */
const rowSchema = z.looseObject({
	id: z.uuid(),
	mime_type: z.string().regex(/^image\/[a-z0-9.+-]{1,40}$/),
});

const albumsSchema = z.object({
	albums: z
		.array(
			z.object({
				id: z.uuid(),
				name: z.string(),
				description: z.string().nullable(),
				cover_item_id: z.uuid().nullable(),
				smart: z.record(z.string(), z.unknown()).nullable(),
				item_ids: z.array(z.uuid()).max(100_000),
			}),
		)
		.max(10_000),
});
type ArchivedAlbum = z.infer<typeof albumsSchema>["albums"][number];

/**
 * Imports an archive: each item's row, then its picture, then the albums. Every request may be repeated, so that a second run, or
 * another one at the same time, finishes what is left and changes nothing that is in. A damaged file is refused alone.
 * @throws Failure as `openArchive`; ApiProblem where the service cannot be used at all
 */
export async function importArchive(
	client: CollectionsClient,
	source: string,
	{ signal, onStart, onItem }: ImportOptions,
): Promise<ImportSummary> {
	const { manifest, files } = await openArchive(source);
	onStart(manifest);
	const summary: ImportSummary = { imported: 0, known: 0, albums: 0, chats: manifest.counts.chats, refused: [] };
	/** The items' ids here, by those in the archive. */
	const ids = new Map<string, string>();
	let albums: ArchivedAlbum[] = [];
	let batch: Pair[] = [];
	const send = async () => {
		await sendBatch(client, batch, { ids, summary, signal, onItem });
		batch = [];
	};
	let row: { path: string; text: string; isIntact: boolean } | null = null;
	for await (const file of files()) {
		signal.throwIfAborted();
		const [folder] = file.path.split("/");
		if (folder === "items") row = { path: file.path, ...(await textOf(file, maxRowBytes)) };
		else if (folder === "originals" && row) {
			const pair = pairOf(row, file, await bytesOf(file, maxPictureBytes), summary);
			row = null;
			if (!pair) {
				onItem(file.size);
				continue;
			}
			if (isFull(batch, pair)) await send();
			batch.push(pair);
		} else if (file.path === "albums.json") {
			const { text, isIntact } = await textOf(file, 64 * 1024 * 1024);
			if (isIntact) albums = albumsOf(text, source);
			else summary.refused.push({ path: file.path, reason: damaged });
		}
	}
	await send();
	await importAlbums(client, albums, { ids, summary });
	return summary;
}

const damaged = "is damaged: its bytes are not those of the manifest. Export again.";

function isFull(batch: Pair[], { row, picture }: Pair): boolean {
	const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);
	return (
		batch.length === itemsAtOnce ||
		sum([row.length, ...batch.map((pair) => pair.row.length)]) > rowBytesAtOnce ||
		sum([picture.length, ...batch.map((pair) => pair.picture.length)]) > pictureBytesAtOnce
	);
}

/** Reads a file whose size the archive's header and manifest agree on. @throws Failure where it is larger than any of its kind */
async function bytesOf(file: ArchiveFile, max: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; isIntact: boolean }> {
	if (file.size > max)
		throw new Failure(`${file.path} has ${file.size} bytes, more than any such file: it is not read.`);
	const bytes = new Uint8Array(file.size);
	let at = 0;
	for await (const chunk of file.chunks()) {
		bytes.set(chunk, at);
		at += chunk.length;
	}
	return { bytes, isIntact: file.isIntact() };
}

async function textOf(file: ArchiveFile, max: number): Promise<{ text: string; isIntact: boolean }> {
	const { bytes, isIntact } = await bytesOf(file, max);
	return { text: Buffer.from(bytes).toString(), isIntact };
}

/** Joins a row and its picture. Null where one of them is refused, which the summary says. */
function pairOf(
	row: { path: string; text: string; isIntact: boolean },
	file: ArchiveFile,
	{ bytes, isIntact }: { bytes: Uint8Array<ArrayBuffer>; isIntact: boolean },
	summary: ImportSummary,
): Pair | null {
	const refuse = (path: string, reason: string) => {
		summary.refused.push({ path, reason });
		return null;
	};
	if (!row.isIntact) return refuse(row.path, damaged);
	if (!isIntact) return refuse(file.path, damaged);
	const parsed = rowSchema.safeParse(jsonOf(row.text));
	if (!parsed.success) return refuse(row.path, "is no item of an archive.");
	const { id, mime_type } = parsed.data;
	if (!file.path.startsWith(`originals/${id}.`))
		return refuse(file.path, `follows ${row.path}, and is not its picture.`);
	return {
		path: row.path,
		id,
		row: row.text,
		picture: bytes,
		contentType: mime_type,
	};
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

function albumsOf(text: string, source: string): ArchivedAlbum[] {
	const { success, data } = albumsSchema.safeParse(jsonOf(text));
	if (!success) throw new Failure(`The albums of ${source} are none of an archive; its items are in.`);
	return data.albums;
}

const isProblem = (answer: Answer): answer is Problem => "code" in answer;

/** Announces items and sends the pictures that the service lacks. Those for which it has no room yet are announced again. */
async function sendBatch(
	client: CollectionsClient,
	batch: Pair[],
	{
		ids,
		summary,
		signal,
		onItem,
	}: { ids: Map<string, string>; summary: ImportSummary; signal: AbortSignal; onItem: (bytes: number) => void },
): Promise<void> {
	for (let waiting = batch; waiting.length > 0; ) {
		const { items } = await client.call<{ items: Answer[] }>("POST", "/account/import/items", {
			items: waiting.map(({ row }) => JSON.parse(row) as unknown),
		});
		const answered = waiting.map((pair, at) => ({ pair, answer: items[at] as Answer }));
		waiting = [];
		const uploads: { pair: Pair; id: string; upload: UploadForm | null }[] = [];
		for (const { pair, answer } of answered) {
			if (!isProblem(answer)) uploads.push({ pair, ...answer });
			else if (answer.code === "too_many_pending") waiting.push(pair);
			else {
				const fields = (answer.errors ?? []).map(({ field, detail }) => ` ${field}: ${detail}.`).join("");
				summary.refused.push({ path: pair.path, reason: answer.detail + fields });
				onItem(pair.picture.length);
			}
		}
		for (let at = 0; at < uploads.length; at += uploadsAtOnce) {
			await Promise.all(
				uploads.slice(at, at + uploadsAtOnce).map(async ({ pair, id, upload }) => {
					if (upload) await sendPicture(upload, pair, signal);
					ids.set(pair.id, id);
					if (upload) summary.imported++;
					else summary.known++;
					onItem(pair.picture.length);
				}),
			);
		}
		if (waiting.length > 0) await sleep(fullPauseMs, undefined, { signal });
	}
}

async function sendPicture(
	{ url, fields }: UploadForm,
	{ picture, contentType, path }: Pair,
	signal: AbortSignal,
): Promise<void> {
	const form = new FormData();
	for (const [field, value] of Object.entries(fields)) form.append(field, value);
	form.append("file", new Blob([picture], { type: contentType }), "picture");
	const stored = await fetch(url, { method: "POST", body: form, signal });
	if (!stored.ok) throw new ApiProblem(`The upload of the picture of ${path}`, stored, await stored.text());
}

/** Imports albums with the items that are in: plain ones first, then smart ones, whose search may name another album. */
async function importAlbums(
	client: CollectionsClient,
	albums: ArchivedAlbum[],
	{ ids, summary }: { ids: Map<string, string>; summary: ImportSummary },
): Promise<void> {
	let waiting = [...albums.filter(({ smart }) => !smart), ...albums.filter(({ smart }) => smart)];
	for (let before = -1; waiting.length > 0 && waiting.length !== before; ) {
		before = waiting.length;
		const named: ArchivedAlbum[] = [];
		for (const album of waiting) {
			try {
				await importOne(client, album, ids);
				summary.albums++;
			} catch (error) {
				if (!(error instanceof ApiProblem) || error.status < 400 || error.status > 499) throw error;
				// The album that its search names may come later.
				if (error.code === "album_not_found") named.push(album);
				else summary.refused.push({ path: `albums.json (${album.name})`, reason: error.message });
			}
		}
		waiting = named;
	}
	for (const { name } of waiting) {
		summary.refused.push({ path: `albums.json (${name})`, reason: "searches an album that the archive has not." });
	}
}

async function importOne(
	client: CollectionsClient,
	{ id: archivedId, name, description, cover_item_id, smart, item_ids }: ArchivedAlbum,
	ids: ReadonlyMap<string, string>,
): Promise<void> {
	const { albums } = await client.call<{ albums: { id: string }[] }>("POST", "/account/import/albums", {
		albums: [{ id: archivedId, name, description, smart }],
	});
	const id = albums[0]?.id ?? "";
	const members = item_ids.flatMap((member) => ids.get(member) ?? []);
	for (let at = 0; at < members.length; at += idsPerChange) {
		await client.call("PUT", `/albums/${id}/items`, { ids: members.slice(at, at + idsPerChange) });
	}
	const cover = cover_item_id && ids.get(cover_item_id);
	if (cover) await client.call("PATCH", `/albums/${id}`, { cover_item_id: cover });
}
