import { createHash, randomUUID } from "node:crypto";
import { AppError, itemNotFound } from "../errors.ts";
import type { ItemWithAnalysis, Ports } from "../ports/index.ts";
import { describeRefusal, sniffImageType } from "./image-type.ts";
import { imageTypes, originalKey } from "./item.ts";

/** What fits a request through the gateway: Lambda takes 6 MB, base64 makes a third more of a file. */
export const maxUploadBytes = 4 * 1024 * 1024;

export interface Upload {
	/** As the client calls it: shown to its owner, never part of a path. */
	filename: string;
	bytes: Uint8Array;
}

/**
 * Keeps an image. The same bytes again are the same item; one whose bytes never arrived, or that failed,
 * gets them and another try.
 *
 * @throws AppError `unsupported_image`, `file_too_large`
 */
export async function uploadItem(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	userId: string,
	{ filename, bytes }: Upload,
): Promise<ItemWithAnalysis> {
	if (bytes.length > maxUploadBytes) {
		throw new AppError(
			"file_too_large",
			`The file has ${bytes.length} bytes and this route takes ${maxUploadBytes} (4 MB): upload it by POST /uploads, which takes up to 50 MB.`,
		);
	}
	const mimeType = sniffImageType(bytes);
	if (!mimeType)
		throw new AppError("unsupported_image", describeRefusal(bytes));

	// The row first: an object without a row would belong to nobody and never be swept.
	const { item, created } = await items.create({
		id: randomUUID(),
		userId,
		originalFilename:
			cleanFilename(filename) || `image.${imageTypes[mimeType]}`,
		mimeType,
		fileSize: bytes.length,
		sha256: createHash("sha256").update(bytes).digest("hex"),
		correlationId: randomUUID(),
	});
	// A failed item must be open for another try before the bucket announces its bytes, else the announcement
	// is taken for a late one and only the sweeper goes on. One that waits for a form may have announced another type.
	const open = created
		? item
		: await items.reopen(userId, item.id, { mimeType, fileSize: bytes.length });
	if (open) {
		await objects.put(originalKey(open), bytes, mimeType);
		await items.markUploaded(userId, open.id);
	}
	const stored = await items.find(userId, item.id);
	if (!stored) throw itemNotFound(item.id); // deleted meanwhile; its tombstone takes the bytes
	return stored;
}

const maxFilenameLength = 255;

/** A name to show: no folders, no control or direction-changing characters, 255 characters with the extension kept. */
export function cleanFilename(name: string): string {
	const clean = name
		.toWellFormed()
		.replaceAll(/^.*[/\\]/gs, "")
		.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "")
		.trim();
	const characters = [...clean];
	if (characters.length <= maxFilenameLength) return clean;
	const extension = [...(/\.[^.]{1,16}$/u.exec(clean)?.[0] ?? "")];
	return [
		...characters.slice(0, maxFilenameLength - extension.length),
		...extension,
	].join("");
}
