import { constants, openAsBlob } from "node:fs";
import { access } from "node:fs/promises";
import path from "node:path";
import { type CollectionsClient, maxPictureBytes, type PictureFile } from "../../../client/index.ts";
import type { Journal } from "./journal.ts";
import type { LocalPicture } from "./pictures.ts";

/** A picture that is sent. One that is no file of this machine is opened when its turn comes. */
export interface Sendable extends LocalPicture {
	/** @default the last part of its path */
	filename?: string;
	/** Names it to a person. @default its path */
	label?: string;
	/** @default its file. @throws Unreadable where this picture alone cannot be read */
	open?(): Promise<Blob>;
	/** Ends what `open` began. */
	close?(): void;
}

/** Reports that one picture cannot be read; the others go on. */
export class Unreadable extends Error {
	override name = "Unreadable";
}

/** How each file ended. */
export interface UploadSummary {
	sent: number;
	/** The person had the same bytes before. */
	known: number;
	/** A former run of this command sent them. */
	resumed: number;
	refused: { file: string; reason: string }[];
	/** Every file that is in, in the order of their ends. */
	items: { picture: LocalPicture; itemId: string }[];
}

interface Waiting extends PictureFile {
	picture: Sendable;
}

/** The API lists at most as many at once. */
const idsPerRequest = 100;

/**
 * Uploads pictures. What the journal says is in is not sent again, and every step is written to it at once.
 * @param isVerified asks the service, too, which of what the journal says is in still has an item
 */
export async function upload(
	client: CollectionsClient,
	pictures: readonly Sendable[],
	{
		journal,
		isVerified,
		onDone,
	}: { journal: Journal; isVerified: boolean; onDone: (summary: UploadSummary, bytes: number) => void },
): Promise<UploadSummary> {
	const summary: UploadSummary = { sent: 0, known: 0, resumed: 0, refused: [], items: [] };
	const done = (picture: Sendable, itemId: string, kind: "sent" | "known" | "resumed") => {
		summary[kind]++;
		summary.items.push({ picture, itemId });
		picture.close?.();
		onDone(summary, picture.size);
	};
	const refuse = (picture: Sendable, reason: string) => {
		summary.refused.push({ file: labelOf(picture), reason });
		picture.close?.();
		onDone(summary, picture.size);
	};
	const arrived = await arrivedOf(client, pictures, journal, isVerified);
	const waiting: Sendable[] = [];
	for (const picture of pictures) {
		const entry = journal.of(picture);
		if (entry && ((entry.stored && !isVerified) || arrived.has(entry.itemId))) {
			if (!entry.stored) journal.record(picture, { ...entry, stored: true });
			done(picture, entry.itemId, "resumed");
		} else waiting.push(picture);
	}
	const uploads = client.uploadAll(blobsOf(waiting, refuse), {
		onAnnounced: ({ picture }, itemId) => journal.record(picture, { itemId, stored: false }),
		onStored({ picture }, itemId, sent) {
			journal.record(picture, { itemId, stored: true });
			done(picture, itemId, sent ? "sent" : "known");
		},
	});
	for await (const uploaded of uploads) {
		if ("problem" in uploaded) refuse(uploaded.file.picture, uploaded.problem.detail);
	}
	return summary;
}

export const labelOf = ({ label, path: file }: Sendable) => label ?? file;

/** Finds the items whose bytes arrived though a kill kept the journal from knowing: they are past `pending`. */
async function arrivedOf(
	client: CollectionsClient,
	pictures: readonly LocalPicture[],
	journal: Journal,
	isVerified: boolean,
): Promise<Set<string>> {
	const unknown = pictures.flatMap((picture) => {
		const entry = journal.of(picture);
		return entry && (!entry.stored || isVerified) ? [entry.itemId] : [];
	});
	const arrived = new Set<string>();
	for (let at = 0; at < unknown.length; at += idsPerRequest) {
		const { data } = await client.api.GET("/items", {
			params: { query: { ids: unknown.slice(at, at + idsPerRequest), fields: "full" } },
		});
		for (const { id, status } of (data?.items ?? []) as { id: string; status: string }[]) {
			if (!["pending", "failed", "trashed"].includes(status)) arrived.add(id);
		}
	}
	return arrived;
}

async function* blobsOf(
	pictures: readonly Sendable[],
	refuse: (picture: Sendable, reason: string) => void,
): AsyncGenerator<Waiting> {
	for (const picture of pictures) {
		const content = await contentOf(picture);
		if (content instanceof Unreadable) refuse(picture, content.message);
		else yield { picture, filename: picture.filename ?? path.basename(picture.path), content };
	}
}

async function contentOf(picture: Sendable): Promise<Blob | Unreadable> {
	// Before it is read: a digest needs all of it in memory.
	if (picture.size > maxPictureBytes)
		return new Unreadable(`It has ${picture.size} bytes, and a picture at most 50 MB.`);
	try {
		return await (picture.open?.() ?? openFile(picture.path));
	} catch (error) {
		if (error instanceof Unreadable) return error;
		throw error;
	}
}

/** @throws Unreadable where the file is gone by now, or another person's */
async function openFile(file: string): Promise<Blob> {
	try {
		await access(file, constants.R_OK);
		return await openAsBlob(file);
	} catch (cause) {
		throw new Unreadable(`It cannot be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
	}
}
