import type { components } from "./api-types.ts";
import { sha256Of } from "./digest.ts";
import { ApiProblem, type Problem } from "./problem.ts";
import { pause } from "./send.ts";

/** A picture to be uploaded; a `File` of a page is `{ filename: file.name, content: file }`. */
export interface PictureFile {
	filename: string;
	content: Blob;
}

/** An item made of a file, `sent` unless the person had it already, or the API's reason why there is none. */
export type Uploaded<File extends PictureFile = PictureFile> = { file: File } & (
	| { id: string; sent: boolean }
	| { problem: Problem }
);

/** Follows each file, for a caller that keeps a journal: it is called at once, and an upload is yielded with others. */
export interface UploadListener<File extends PictureFile> {
	/** The API has made an item; the bytes are sent next. */
	onAnnounced?(file: File, itemId: string): void;
	/** The bytes are stored, or the person had them already. */
	onStored?(file: File, itemId: string, sent: boolean): void;
}

type Item = components["schemas"]["Item"];
type Form = components["schemas"]["UploadForm"];
type Answer = Form | Item | Problem;

/** The content types that the API takes, by the file's extension. */
const contentTypes: Record<string, string> = {
	png: "image/png",
	jpg: "image/jpeg",
	jpeg: "image/jpeg",
	webp: "image/webp",
	gif: "image/gif",
	avif: "image/avif",
};

const extensionOf = (filename: string) => filename.split(".").at(-1)?.toLowerCase() ?? "";

/** Tells by a file's name whether the API takes it for a picture. */
export const isPictureName = (filename: string): boolean =>
	filename.includes(".") && Object.hasOwn(contentTypes, extensionOf(filename));

/** The API takes pictures of at most so many bytes. */
export const maxPictureBytes = 50 * 1024 * 1024;
/** The API takes at most as many at once. */
const filesPerRequest = 50;
const concurrentUploads = 4;
/** The pipeline works off pending uploads meanwhile. */
const fullPauseMs = 10_000;
const maxPauses = 180;

interface Options {
	signal?: AbortSignal | undefined;
}

/** The part of the client that uploads use. */
interface Caller {
	call<T>(method: string, path: string, body: unknown, options: Options): Promise<T>;
}

/** Announces files many at a time and sends their bytes to storage. @throws where the API, or storage, cannot be used at all */
export async function* uploadAll<File extends PictureFile>(
	client: Caller,
	files: Iterable<File> | AsyncIterable<File>,
	{ signal, ...listener }: Options & UploadListener<File>,
): AsyncGenerator<Uploaded<File>> {
	/** By digest: the same bytes twice are sent once. */
	const underWay = new Map<string, Promise<Uploaded<File>>>();
	const once = (announced: Announced<File> & { answer: Answer }) => {
		const { sha256 } = announced.announcement;
		const upload = afterEarlier(underWay.get(sha256), announced);
		underWay.set(sha256, upload);
		return upload;
	};
	const afterEarlier = async (
		upload: Promise<Uploaded<File>> | undefined,
		{ file, answer }: Announced<File> & { answer: Answer },
	) => {
		const earlier = await upload;
		const known = earlier && "id" in earlier ? ({ id: earlier.id } as Item) : answer;
		return completed<File>(file, known, { signal, ...listener });
	};
	for await (const part of partsOf(files)) {
		// One after the other, since each is in memory while its digest is computed.
		let waiting: Announced<File>[] = [];
		for (const file of part) waiting.push({ file, announcement: await announcementOf(file) });
		for (let pauses = 0; waiting.length > 0; pauses++) {
			if (pauses > maxPauses) throw new Error("The uploads that are pending are not worked off: try again later.");
			if (pauses > 0) await pause(fullPauseMs, signal);
			const { uploads } = await client.call<{ uploads: Answer[] }>(
				"POST",
				"/uploads",
				{ files: waiting.map(({ announcement }) => announcement) },
				{ signal },
			);
			const answers = waiting.map((each, at) => ({ ...each, answer: uploads[at] as Answer }));
			const full = answers.filter(({ answer }) => isProblem(answer) && answer.code === "too_many_pending");
			const final = answers.filter((each) => !full.includes(each));
			for (let at = 0; at < final.length; at += concurrentUploads) {
				yield* await Promise.all(final.slice(at, at + concurrentUploads).map(once));
			}
			if (final.length > 0) pauses = 0;
			waiting = full;
		}
	}
}

/** Sends one file straight to storage. @returns its item's id. @throws ApiProblem where the API refuses it */
export async function sendDirectly(client: Caller, file: PictureFile, { signal }: Options): Promise<string> {
	const answer = await client.call<Form | Item>("POST", "/uploads", await announcementOf(file), { signal });
	if (!("fields" in answer)) return answer.id;
	await sendForm(answer, file, signal);
	return answer.item_id;
}

async function* partsOf<File>(files: Iterable<File> | AsyncIterable<File>): AsyncGenerator<File[]> {
	let part: File[] = [];
	for await (const file of files) {
		part.push(file);
		if (part.length < filesPerRequest) continue;
		yield part;
		part = [];
	}
	if (part.length > 0) yield part;
}

const isProblem = (answer: Answer): answer is Problem => "code" in answer;

interface Announced<File extends PictureFile> {
	file: File;
	announcement: Awaited<ReturnType<typeof announcementOf>>;
}

async function announcementOf({ filename, content }: PictureFile) {
	const extension = extensionOf(filename);
	return {
		filename,
		content_type: contentTypes[extension] ?? (content.type || `image/${extension}`),
		size: content.size,
		sha256: await sha256Of(await content.arrayBuffer()),
	};
}

async function completed<File extends PictureFile>(
	file: File,
	answer: Answer,
	{ signal, onAnnounced, onStored }: Options & UploadListener<File>,
): Promise<Uploaded<File>> {
	if (isProblem(answer)) return { file, problem: answer };
	const sent = !("id" in answer);
	const id = sent ? answer.item_id : answer.id;
	if (sent) {
		onAnnounced?.(file, id);
		await sendForm(answer, file, signal);
	}
	onStored?.(file, id, sent);
	return { file, id, sent };
}

/** Ends an upload of 50 MB that makes no progress. */
const storageTimeoutMs = 600_000;

async function sendForm(
	{ url, fields }: Form,
	{ filename, content }: PictureFile,
	signal?: AbortSignal,
): Promise<void> {
	const form = new FormData();
	for (const [field, value] of Object.entries(fields)) form.append(field, value);
	form.append("file", content, filename);
	const timeout = AbortSignal.timeout(storageTimeoutMs);
	const stored = await fetch(url, {
		method: "POST",
		body: form,
		signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
	});
	if (!stored.ok) throw new ApiProblem(`The upload of ${filename} to storage`, stored, await stored.text());
}
