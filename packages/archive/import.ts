import { z } from "zod";
import type { CollectionsClient } from "../client/src/client.ts";
import { ApiProblem, type Problem } from "../client/src/problem.ts";
import { pause } from "../client/src/send.ts";
import { maxPictureBytes } from "../client/src/uploads.ts";
import type { FileContent, OpenArchive } from "./read.ts";
import { ArchiveRefused } from "./refusal.ts";

/** A file of the archive, or an album, that did not get in. */
export interface RefusedEntry {
	path: string;
	/** The last is a refusal by the service, whose sentence is the reason. */
	code: "damaged" | "no_item" | "other_picture" | "no_album" | "refused";
	/** A sentence, in English. */
	reason: string;
}

export interface ImportSummary {
	imported: number;
	/** The person had the picture before. */
	known: number;
	albums: number;
	/** They stay in the archive. */
	chats: number;
	refused: RefusedEntry[];
}

interface ImportOptions {
	signal: AbortSignal;
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
/** Items of one request, as long as rows and pictures are no more than this. */
const itemsAtOnce = 20;
const rowBytesAtOnce = 2_000_000;
const pictureBytesAtOnce = maxPictureBytes;
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
 * @throws ArchiveRefused as `files` of the archive; ApiProblem where the service cannot be used at all
 */
export async function importArchive(
	client: CollectionsClient,
	{ manifest, files }: OpenArchive,
	{ signal, onItem }: ImportOptions,
): Promise<ImportSummary> {
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
		if (folder === "items") row = { path: file.path, ...textOf(await file.read(maxRowBytes)) };
		else if (folder === "originals" && row) {
			const pair = pairOf(row, file.path, await file.read(maxPictureBytes), summary);
			row = null;
			if (!pair) {
				onItem(file.size);
				continue;
			}
			if (isFull(batch, pair)) await send();
			batch.push(pair);
		} else if (file.path === "albums.json") {
			const { text, isIntact } = textOf(await file.read());
			if (isIntact) albums = albumsOf(text);
			else summary.refused.push({ path: file.path, ...damaged });
		}
	}
	await send();
	await importAlbums(client, albums, { ids, summary });
	return summary;
}

const damaged = {
	code: "damaged",
	reason: "is damaged: its bytes are not those of the manifest. Export again.",
} as const;

function isFull(batch: Pair[], { row, picture }: Pair): boolean {
	const sum = (sizes: number[]) => sizes.reduce((total, size) => total + size, 0);
	return (
		batch.length === itemsAtOnce ||
		sum([row.length, ...batch.map((pair) => pair.row.length)]) > rowBytesAtOnce ||
		sum([picture.length, ...batch.map((pair) => pair.picture.length)]) > pictureBytesAtOnce
	);
}

const textOf = ({ bytes, isIntact }: FileContent) => ({ text: new TextDecoder().decode(bytes), isIntact });

/** Joins a row and its picture. Null where one of them is refused, which the summary says. */
function pairOf(
	row: { path: string; text: string; isIntact: boolean },
	path: string,
	{ bytes, isIntact }: FileContent,
	summary: ImportSummary,
): Pair | null {
	const refuse = (refused: RefusedEntry) => {
		summary.refused.push(refused);
		return null;
	};
	if (!row.isIntact) return refuse({ path: row.path, ...damaged });
	if (!isIntact) return refuse({ path, ...damaged });
	const parsed = rowSchema.safeParse(jsonOf(row.text));
	if (!parsed.success) return refuse({ path: row.path, code: "no_item", reason: "is no item of an archive." });
	const { id, mime_type } = parsed.data;
	if (!path.startsWith(`originals/${id}.`)) {
		return refuse({ path, code: "other_picture", reason: `follows ${row.path}, and is not its picture.` });
	}
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

function albumsOf(text: string): ArchivedAlbum[] {
	const { success, data } = albumsSchema.safeParse(jsonOf(text));
	if (!success) {
		throw new ArchiveRefused("bad_albums", "albums.json", "albums.json has no albums of an archive; the items are in.");
	}
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
				summary.refused.push({ path: pair.path, code: "refused", reason: answer.detail + fields });
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
		if (waiting.length > 0) await pause(fullPauseMs, signal);
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
				else summary.refused.push({ path: `albums.json (${album.name})`, code: "refused", reason: error.message });
			}
		}
		waiting = named;
	}
	for (const { name } of waiting) {
		const reason = "searches an album that the archive has not.";
		summary.refused.push({ path: `albums.json (${name})`, code: "no_album", reason });
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
