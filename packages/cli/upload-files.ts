import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { components } from "./api-types.ts";
import type { RestClient } from "./rest-client.ts";

type UploadResponse = components["schemas"]["Uploads"]["uploads"][number];
type Problem = components["schemas"]["Problem"];

/** Accepted by the API, by the file's extension. */
const contentTypes: Record<string, string> = {
	".png": "image/png",
	".jpg": "image/jpeg",
	".jpeg": "image/jpeg",
	".webp": "image/webp",
	".gif": "image/gif",
	".avif": "image/avif",
};

/** The most that the API takes at once. */
const filesPerRequest = 50;
const concurrentUploads = 4;
/** The pipeline works off pending uploads meanwhile. */
const fullPauseMs = 10_000;
const maxPauses = 180;

/** A file and its item, or the problem that kept it from the collection. */
export type UploadedFile = { file: string } & ({ id: string } | { problem: string });

/**
 * Uploads files straight to storage, announced many at a time. A file that the API refuses does not hold up the others;
 * one that the user has already is not sent again.
 * @throws where the API, or storage, cannot be used at all
 */
export async function uploadFiles(
	client: RestClient,
	files: string[],
	update: (done: number) => void,
): Promise<UploadedFile[]> {
	const results: UploadedFile[] = [];
	let waiting = files;
	for (let pauses = 0; waiting.length > 0; ) {
		const part = waiting.slice(0, filesPerRequest);
		const announced = await Promise.all(part.map(announcementOf));
		const { uploads } = await client.call<{ uploads: UploadResponse[] }>("POST", "/uploads", { files: announced });
		const answers = part.map((file, at) => ({ file, answer: uploads[at] as UploadResponse }));
		const refused = answers.filter(({ answer }) => isProblem(answer) && answer.code === "too_many_pending");
		const final = answers.filter((each) => !refused.includes(each));
		await eachOf(concurrentUploads, final, async ({ file, answer }) => {
			results.push(await completed(file, answer));
			update(results.length);
		});
		waiting = [...refused.map(({ file }) => file), ...waiting.slice(part.length)];
		if (refused.length === 0) continue;
		pauses = final.length === 0 ? pauses + 1 : 0;
		if (pauses > maxPauses) throw new Error("The uploads that are pending are not worked off: try again later.");
		await sleep(fullPauseMs);
	}
	return results;
}

const isProblem = (answer: UploadResponse): answer is Problem => "code" in answer;

async function announcementOf(file: string) {
	const hash = createHash("sha256");
	for await (const chunk of createReadStream(file)) hash.update(chunk);
	const extension = path.extname(file).toLowerCase();
	return {
		filename: path.basename(file),
		content_type: contentTypes[extension] ?? `image/${extension.slice(1)}`,
		size: (await stat(file)).size,
		sha256: hash.digest("hex"),
	};
}

async function completed(file: string, answer: UploadResponse): Promise<UploadedFile> {
	if (isProblem(answer)) return { file, problem: answer.detail };
	if ("id" in answer) return { file, id: answer.id };
	const form = new FormData();
	for (const [field, value] of Object.entries(answer.fields)) form.append(field, value);
	form.append("file", await openAsBlob(file), path.basename(file));
	const stored = await fetch(answer.url, { method: "POST", body: form });
	if (!stored.ok) {
		throw new Error(`Storage answered ${stored.status} to the upload of ${file}: run this again.`);
	}
	return { file, id: answer.item_id };
}

/** Works on each element, on so many at a time. */
async function eachOf<T>(concurrent: number, elements: T[], work: (element: T) => Promise<void>): Promise<void> {
	const waiting = elements.values();
	await Promise.all(
		Array.from({ length: concurrent }, async () => {
			for (const element of waiting) await work(element);
		}),
	);
}
