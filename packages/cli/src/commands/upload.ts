import { rmSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { CollectionsClient } from "../../../client/index.ts";
import { Albums } from "../albums.ts";
import { exitCodes, Failure, failureOf } from "../failure.ts";
import { interruptible } from "../interruption.ts";
import { counted, type Output } from "../output.ts";
import { connect, home, journalOwner } from "../session-file.ts";
import { Journal } from "../upload/journal.ts";
import { findPictures, type LocalPicture } from "../upload/pictures.ts";
import { Rate } from "../upload/rate.ts";
import { upload } from "../upload/upload.ts";
import { appearing } from "../upload/watch.ts";

export interface UploadOptions {
	recursive?: boolean;
	album?: string;
	tag?: string[];
	dryRun?: boolean;
	watch?: boolean;
	deleteAfter?: boolean;
}

/** The API changes at most as many at once. */
const idsPerChange = 100;

/** Uploads files and folders; the same command again goes on where it ended. */
export async function uploadCommand(output: Output, paths: string[], options: UploadOptions): Promise<void> {
	const { pictures, skipped } = findPictures(paths, { recursive: options.recursive ?? false });
	const [unread] = skipped;
	if (unread && pictures.length === 0) throw new Failure(`Nothing can be sent: ${unread}`);
	for (const reason of skipped) output.note(`Skipped ${reason}`);
	if (options.dryRun) return dryRun(output, pictures, skipped);
	if (pictures.length === 0 && !options.watch) {
		throw new Failure(
			`There is no picture in ${paths.join(", ")}${options.recursive ? "" : ": folders below need -r"}.`,
			exitCodes.usage,
		);
	}
	const noFolder = options.watch && paths.find((path) => !statSync(path).isDirectory());
	if (noFolder) throw new Failure(`${noFolder} is no folder: --watch takes folders alone.`, exitCodes.usage);
	let [found, ended] = [pictures.length, 0];
	const onEnded = () => ended++;
	const work = async (signal: AbortSignal) => {
		const client = connect({ signal });
		const journal = new Journal(home(), journalOwner());
		try {
			if (pictures.length > 0) await send(client, output, { pictures, skipped, journal, options, onEnded });
			if (!options.watch) return;
			output.note(`Watching ${paths.join(", ")}: Ctrl-C ends it.`);
			const watched = { recursive: options.recursive ?? false, signal, known: pictures };
			for await (const appeared of appearing(paths, watched)) {
				found += appeared.length;
				await persistently(output, signal, () =>
					send(client, output, { pictures: appeared, skipped: [], journal, options, onEnded }),
				);
			}
		} finally {
			journal.close();
		}
	};
	try {
		await interruptible(
			work,
			() => `Ended early: ${ended} of ${found} files are in. The same command goes on from there.`,
		);
	} finally {
		output.clearProgress();
	}
}

/** Lists what would be sent: all but what the journal has. */
function dryRun(output: Output, pictures: readonly LocalPicture[], skipped: readonly string[]): void {
	const stored = new Set(Journal.stored(home(), journalOwner(), pictures));
	const waiting = pictures.filter((picture) => !stored.has(picture));
	const files = waiting.map(({ path }) => path);
	const bytes = waiting.reduce((sum, { size }) => sum + size, 0);
	output.result({ files, bytes, resumed: stored.size, skipped }, [
		...files,
		`${counted(files.length, "picture")}, ${(bytes / 1e6).toFixed(1)} MB, ${stored.size} sent before; nothing was sent.`,
	]);
}

interface Batch {
	pictures: readonly LocalPicture[];
	skipped: readonly string[];
	journal: Journal;
	options: UploadOptions;
	onEnded: () => void;
}

/** Uploads pictures, gives their items tags and album, and tells the result. */
async function send(
	client: CollectionsClient,
	output: Output,
	{ pictures, skipped, journal, options, onEnded }: Batch,
): Promise<void> {
	const bytes = pictures.reduce((sum, { size }) => sum + size, 0);
	const rate = new Rate(pictures.length, bytes);
	const summary = await upload(client, pictures, {
		journal,
		// A file is deleted only where its item is there.
		isVerified: options.deleteAfter ?? false,
		onDone(_, size) {
			onEnded();
			rate.add(size);
			output.progress(rate.line());
		},
	});
	output.clearProgress();
	const unchanged: string[] = [];
	const album = options.album && (await new Albums(client).idOf(options.album));
	for (let at = 0; at < summary.items.length; at += idsPerChange) {
		const part = summary.items.slice(at, at + idsPerChange);
		const ids = part.map(({ itemId }) => itemId);
		const changes = [
			...(options.tag?.length ? [{ action: "tag", tags: options.tag }] : []),
			...(album ? [{ action: "add_to_album", album_id: album }] : []),
		];
		for (const change of changes) {
			const { failed } = await client.call<{ failed: { id: string; detail: string }[] }>("POST", "/items/batch", {
				...change,
				ids,
			});
			unchanged.push(...failed.map(({ id, detail }) => `${id}: ${detail}`));
		}
		// Not before: a second run finds by the files what is left to do.
		if (options.deleteAfter) unchanged.push(...part.flatMap(({ picture }) => deleted(picture)));
	}
	const { items, ...counts } = summary;
	output.result({ ...counts, skipped, unchanged, item_ids: items.map(({ itemId }) => itemId) }, [
		...unchanged,
		...summary.refused.map(({ file, reason }) => `${file}: ${reason}`),
		`${summary.sent} sent, ${summary.known} there already, ${summary.resumed} sent before, ${summary.refused.length} refused.`,
	]);
	if (summary.refused.length + skipped.length + unchanged.length > 0) process.exitCode = exitCodes.partly;
}

/** Deletes a file that is stored. @returns the reason why it is still here */
function deleted({ path }: LocalPicture): string[] {
	try {
		rmSync(path, { force: true });
		return [];
	} catch (error) {
		return [`${path} is stored, and could not be deleted here (${(error as NodeJS.ErrnoException).code}).`];
	}
}

const retryMs = 10_000;

/** Does something again while the network, or the service, is away. */
async function persistently(output: Output, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
	for (;;) {
		try {
			return await work();
		} catch (error) {
			const failure = failureOf(error);
			if (signal.aborted || failure.exitCode !== exitCodes.unavailable) throw error;
			output.note(`${failure.message} Trying again in ${retryMs / 1_000} s.`);
			await sleep(retryMs, undefined, { signal });
		}
	}
}
