import { openAsBlob, rmSync } from "node:fs";
import path from "node:path";
import type { CollectionsClient, PictureFile } from "../../../client/index.ts";
import type { Journal } from "./journal.ts";
import type { LocalPicture } from "./pictures.ts";

/** How each file ended. */
export interface UploadSummary {
	sent: number;
	/** The person had the same bytes before. */
	known: number;
	/** A former run of this command sent them. */
	resumed: number;
	refused: { file: string; reason: string }[];
	/** Of every file that is in, in the order of their ends. */
	itemIds: string[];
}

interface Waiting extends PictureFile {
	picture: LocalPicture;
}

/** The API lists at most as many at once. */
const idsPerRequest = 100;

/** Uploads pictures. What the journal says is in is not sent again, and every step is written to it at once. */
export async function upload(
	client: CollectionsClient,
	pictures: readonly LocalPicture[],
	{
		journal,
		deleteAfter,
		onDone,
	}: { journal: Journal; deleteAfter: boolean; onDone: (summary: UploadSummary, bytes: number) => void },
): Promise<UploadSummary> {
	const summary: UploadSummary = { sent: 0, known: 0, resumed: 0, refused: [], itemIds: [] };
	const done = (picture: LocalPicture, itemId: string, kind: "sent" | "known" | "resumed") => {
		summary[kind]++;
		summary.itemIds.push(itemId);
		if (deleteAfter) rmSync(picture.path, { force: true });
		onDone(summary, picture.size);
	};
	const arrived = await arrivedOf(client, pictures, journal);
	const waiting: LocalPicture[] = [];
	for (const picture of pictures) {
		const entry = journal.of(picture);
		if (entry && (entry.stored || arrived.has(entry.itemId))) {
			if (!entry.stored) journal.record(picture, { ...entry, stored: true });
			done(picture, entry.itemId, "resumed");
		} else waiting.push(picture);
	}
	const uploads = client.uploadAll(blobsOf(waiting), {
		onAnnounced: ({ picture }, itemId) => journal.record(picture, { itemId, stored: false }),
		onStored({ picture }, itemId, sent) {
			journal.record(picture, { itemId, stored: true });
			done(picture, itemId, sent ? "sent" : "known");
		},
	});
	for await (const uploaded of uploads) {
		if (!("problem" in uploaded)) continue;
		const { picture } = uploaded.file;
		summary.refused.push({ file: picture.path, reason: uploaded.problem.detail });
		onDone(summary, picture.size);
	}
	return summary;
}

/** Finds the items whose bytes arrived though a kill kept the journal from knowing: they are past `pending`. */
async function arrivedOf(
	client: CollectionsClient,
	pictures: readonly LocalPicture[],
	journal: Journal,
): Promise<Set<string>> {
	const unknown = pictures.flatMap((picture) => {
		const entry = journal.of(picture);
		return entry && !entry.stored ? [entry.itemId] : [];
	});
	const arrived = new Set<string>();
	for (let at = 0; at < unknown.length; at += idsPerRequest) {
		const { data } = await client.api.GET("/items", {
			params: { query: { ids: unknown.slice(at, at + idsPerRequest), fields: "full" } },
		});
		for (const { id, status } of (data?.items ?? []) as { id: string; status: string }[]) {
			if (!["pending", "failed"].includes(status)) arrived.add(id);
		}
	}
	return arrived;
}

async function* blobsOf(pictures: readonly LocalPicture[]): AsyncGenerator<Waiting> {
	for (const picture of pictures) {
		yield { picture, filename: path.basename(picture.path), content: await openAsBlob(picture.path) };
	}
}
