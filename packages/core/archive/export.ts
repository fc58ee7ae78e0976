import { createHash } from "node:crypto";
import { redactUnlisted } from "../chat/redact.ts";
import { AppError, itemNotFound } from "../errors.ts";
import { imageTypes, originalKey } from "../items/item.ts";
import type { AppliedAction } from "../jobs/batch-actions.ts";
import type { FailedItem, Job } from "../jobs/job.ts";
import type { ChatSession, Ports, SessionMessage } from "../ports/index.ts";
import {
	type ArchiveManifest,
	type ArchivePart,
	archiveFormat,
	exportPrefix,
	maxPartBytes,
	type PackedFile,
} from "./archive.ts";
import type { ArchivedItem } from "./archived-item.ts";

type ExportPorts = Pick<Ports, "archives" | "tar" | "objects" | "chats" | "items">;

/** A part has at most as many items: their rows are read together. */
export const itemsPerPart = 200;
/** Rows that are read at once: an analysis of a page full of text has 100 KB. */
const rowsAtOnce = 50;
/** A request to storage waits more than it works. */
const originalsAtOnce = 8;

/** Writes a part with as many of the items as it holds; the others wait. Repeated, it writes the same part again. */
export async function exportItems(
	{ archives, tar, objects }: ExportPorts,
	job: Job,
	itemIds: string[],
): Promise<AppliedAction> {
	const files: PackedFile[] = [];
	const done: string[] = [];
	const failed: FailedItem[] = [];
	let bytes = 0;
	for (let at = 0; at < itemIds.length; at += rowsAtOnce) {
		const wanted = itemIds.slice(at, at + rowsAtOnce);
		const rows = new Map((await archives.items(job.userId, wanted)).map((item) => [item.id, item]));
		const fitting: { item: ArchivedItem; row: Uint8Array }[] = [];
		let isFull = false;
		for (const id of wanted) {
			const item = rows.get(id);
			if (!item) {
				failed.push(failure(id, itemNotFound(id)));
				continue;
			}
			const row = json(item);
			const size = row.length + item.file_size;
			isFull = bytes > 0 && bytes + size > maxPartBytes;
			if (isFull) break;
			bytes += size;
			fitting.push({ item, row });
		}
		for (let first = 0; first < fitting.length; first += originalsAtOnce) {
			const read = fitting.slice(first, first + originalsAtOnce).map(async ({ item, row }) => ({
				item,
				row,
				original: await objects.get(keyOf(job.userId, item)),
			}));
			for (const { item, row, original } of await Promise.all(read)) {
				if (!original) {
					failed.push(failure(item.id, pictureMissing(item.id)));
					continue;
				}
				const modifiedAt = new Date(item.created_at);
				files.push(
					{ path: `items/${item.id}.json`, bytes: row, modifiedAt },
					{ path: `originals/${item.id}.${imageTypes[item.mime_type]}`, bytes: original, modifiedAt },
				);
				done.push(item.id);
			}
		}
		if (isFull) break;
	}
	// Named by its position, so that a repeated step replaces the part.
	const position = String(job.done + job.failed).padStart(6, "0");
	if (files.length > 0) await writePart({ archives, tar, objects }, job, `items-${position}.tar`, files);
	return { done, failed };
}

/** Writes albums, chats and the list of everything. @returns the key of that list */
export async function finishExport(ports: ExportPorts, job: Job): Promise<string> {
	const { archives, objects } = ports;
	const now = new Date();
	const albums = await archives.albums(job.userId);
	let files: PackedFile[] = [{ path: "albums.json", bytes: json({ albums }), modifiedAt: now }];
	let [bytes, parts, chats] = [0, 0, 0];
	const flush = async () => {
		await writePart(ports, job, `library-${String(parts++).padStart(6, "0")}.tar`, files);
		[files, bytes] = [[], 0];
	};
	for (const session of await ports.chats.list(job.userId, maxChats)) {
		const messages = await messagesOf(ports, job.userId, session.sessionId);
		if (!messages) continue; // It expired meanwhile.
		const file = json(archivedChat(session, messages));
		if (bytes > 0 && bytes + file.length > maxPartBytes) await flush();
		files.push({
			path: `chats/${String(++chats).padStart(4, "0")}.json`,
			bytes: file,
			modifiedAt: session.lastActivity,
		});
		bytes += file.length;
	}
	await flush();

	const packed = await archives.parts(job.userId, job.id);
	const manifest: ArchiveManifest = {
		...archiveFormat,
		created_at: now.toISOString(),
		counts: { items: job.done, albums: albums.length, chats, left_out: job.failed },
		parts: packed.map(({ name, size, sha256 }) => ({ name, size, sha256 })),
		entries: await archives.entries(job.userId, job.id),
	};
	const key = `${exportPrefix(job.userId, job.id)}manifest.json`;
	await objects.put(key, json(manifest), "application/json");
	return key;
}

/** More than anybody holds in the four hours that a session lives. */
const maxChats = 1_000;

async function messagesOf(
	{ chats, items }: ExportPorts,
	userId: string,
	sessionId: string,
): Promise<SessionMessage[] | null> {
	const pages: SessionMessage[][] = [];
	let cursor: string | undefined;
	do {
		const page = await chats.history(userId, sessionId, { cursor });
		if (!page) return null;
		pages.unshift(await redactUnlisted({ items }, userId, page.messages));
		cursor = page.nextCursor ?? undefined;
	} while (cursor);
	return pages.flat();
}

const archivedChat = ({ sessionId, title, createdAt, lastActivity }: ChatSession, messages: SessionMessage[]) => ({
	session_id: sessionId,
	title,
	created_at: createdAt.toISOString(),
	last_activity: lastActivity.toISOString(),
	messages: messages.map(({ role, text, at, items, toolsUsed, traceId }) => ({
		role,
		content: text,
		timestamp: at.toISOString(),
		item_ids: items.map(({ itemId }) => itemId),
		tools_used: toolsUsed,
		trace_id: traceId,
	})),
});

async function writePart(
	{ archives, tar, objects }: Pick<Ports, "archives" | "tar" | "objects">,
	job: Job,
	name: string,
	files: PackedFile[],
): Promise<void> {
	const entries = files.map(({ path, bytes }) => ({ path, size: bytes.length, sha256: digestOf(bytes) }));
	const packed = await tar.pack(files);
	const key = exportPrefix(job.userId, job.id) + name;
	await objects.put(key, packed, "application/x-tar");
	const part: ArchivePart = { name, key, size: packed.length, sha256: digestOf(packed), entries };
	await archives.putPart(job.userId, job.id, part);
}

const keyOf = (userId: string, { id, mime_type }: ArchivedItem) => originalKey({ id, userId, mimeType: mime_type });
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const failure = (itemId: string, { code, message }: AppError): FailedItem => ({ itemId, code, detail: message });

const pictureMissing = (itemId: string) =>
	new AppError("image_not_found", `The picture of the item ${itemId} is not in storage: upload it again.`);
