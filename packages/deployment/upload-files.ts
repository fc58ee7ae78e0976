import { openAsBlob } from "node:fs";
import path from "node:path";
import type { CollectionsClient } from "#client/index.ts";

/** A file and its item, or the problem that kept it from the collection. */
export type UploadedFile = { file: string } & ({ id: string } | { problem: string });

/** Uploads files straight to storage. */
export async function uploadFiles(
	client: CollectionsClient,
	files: string[],
	update: (done: number) => void,
): Promise<UploadedFile[]> {
	const results: UploadedFile[] = [];
	for await (const uploaded of client.uploadAll(pictures(files))) {
		const { path: file } = uploaded.file;
		results.push("id" in uploaded ? { file, id: uploaded.id } : { file, problem: uploaded.problem.detail });
		update(results.length);
	}
	return results;
}

async function* pictures(files: string[]) {
	for (const file of files) yield { path: file, filename: path.basename(file), content: await openAsBlob(file) };
}
