import { Albums } from "../albums.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Output } from "../output.ts";
import { connect, home, storedSession } from "../session-file.ts";
import { Journal } from "../upload/journal.ts";
import { findPictures } from "../upload/pictures.ts";
import { Rate } from "../upload/rate.ts";
import { upload } from "../upload/upload.ts";

export interface UploadOptions {
	recursive?: boolean;
	album?: string;
	tag?: string[];
	dryRun?: boolean;
	deleteAfter?: boolean;
}

/** The API changes at most as many at once. */
const idsPerChange = 100;

/** Uploads files and folders; the same command again goes on where it ended. */
export async function uploadCommand(output: Output, paths: string[], options: UploadOptions): Promise<void> {
	const { pictures, skipped } = findPictures(paths, { recursive: options.recursive ?? false });
	const bytes = pictures.reduce((sum, { size }) => sum + size, 0);
	const megabytes = (bytes / 1e6).toFixed(1);
	for (const reason of skipped) output.note(`Skipped ${reason}`);
	if (options.dryRun) {
		output.result({ files: pictures.map(({ path }) => path), bytes, skipped }, [
			...pictures.map(({ path }) => path),
			`${pictures.length} pictures, ${megabytes} MB; nothing was sent.`,
		]);
		return;
	}
	if (pictures.length === 0) {
		throw new Failure(
			`There is no picture in ${paths.join(", ")}${options.recursive ? "" : ": folders below need -r"}.`,
			exitCodes.usage,
		);
	}
	const interruption = new AbortController();
	const interrupt = () => interruption.abort(new Failure("", exitCodes.interrupted));
	process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
	const client = connect({ signal: interruption.signal });
	const { apiUrl, email, refreshToken } = storedSession();
	const journal = new Journal(home(), `${apiUrl} ${email || refreshToken}`);
	const rate = new Rate(pictures.length, bytes);
	let ended = 0;
	try {
		const summary = await upload(client, pictures, {
			journal,
			deleteAfter: options.deleteAfter ?? false,
			onDone(_, size) {
				ended++;
				rate.add(size);
				output.progress(rate.line());
			},
		});
		output.clearProgress();
		const unchanged: string[] = [];
		const album = options.album && (await new Albums(client).idOf(options.album));
		for (let at = 0; at < summary.itemIds.length; at += idsPerChange) {
			const ids = summary.itemIds.slice(at, at + idsPerChange);
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
		}
		const { itemIds, ...counts } = summary;
		output.result({ ...counts, skipped, unchanged, item_ids: itemIds }, [
			...unchanged,
			...summary.refused.map(({ file, reason }) => `${file}: ${reason}`),
			`${summary.sent} sent, ${summary.known} there already, ${summary.resumed} sent before, ${summary.refused.length} refused.`,
		]);
		if (summary.refused.length + skipped.length + unchanged.length > 0) process.exitCode = exitCodes.partly;
	} catch (error) {
		output.clearProgress();
		if (!interruption.signal.aborted) throw error;
		throw new Failure(
			`Ended early: ${ended} of ${pictures.length} files are in. The same command goes on from there.`,
			exitCodes.interrupted,
		);
	} finally {
		journal.close();
		process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
	}
}
