import { importArchive } from "../../../archive/import.ts";
import { openArchive } from "../../../archive/read.ts";
import { storedFiles } from "../archive/stored-files.ts";
import { exitCodes } from "../failure.ts";
import { interruptible } from "../interruption.ts";
import { counted, type Output } from "../output.ts";
import { connect } from "../session-file.ts";
import { Rate } from "../upload/rate.ts";

/** Imports an archive; the same command again goes on where it ended, and changes nothing that is in. */
export async function importCommand(output: Output, source: string): Promise<void> {
	let ended = 0;
	let total = 0;
	try {
		const summary = await interruptible(
			async (signal) => {
				const archive = await openArchive(storedFiles(source), source);
				const { counts, entries } = archive.manifest;
				total = counts.items;
				const rate = new Rate(
					total,
					entries.reduce((sum, { path, size }) => sum + (path.startsWith("originals/") ? size : 0), 0),
				);
				return importArchive(connect({ signal }), archive, {
					signal,
					onItem(bytes) {
						ended++;
						rate.add(bytes);
						output.progress(`Imports ${rate.line()}`);
					},
				});
			},
			() => `Ended early: ${ended} of ${total} items are in. The same command goes on from there.`,
		);
		output.clearProgress();
		const { imported, known, albums, refused } = summary;
		output.result({ imported, known, albums, refused: refused.map(({ path, reason }) => ({ path, reason })) }, [
			...refused.map(({ path, reason }) => `${path}: ${reason}`),
			`${counted(imported, "item")} imported, ${known} there already, ${counted(albums, "album")}, ${refused.length} refused.`,
			...(summary.chats > 0
				? [`Left in the archive: ${counted(summary.chats, "chat")}. A chat lives for four hours.`]
				: []),
		]);
		if (refused.length > 0) process.exitCode = exitCodes.partly;
	} finally {
		output.clearProgress();
	}
}
