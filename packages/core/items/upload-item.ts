import { createHash, randomUUID } from "node:crypto";
import { AppError, itemNotFound } from "../errors.ts";
import { removeObjects } from "../pipeline/process-image.ts";
import type { ItemWithAnalysis, Ports } from "../ports/index.ts";
import { describeRefusal, sniffImageType } from "./image-type.ts";
import { imageTypes, originalKey } from "./item.ts";

/** Fits a request through the gateway: Lambda accepts 6 MB, and base64 makes a file a third larger. */
export const maxUploadBytes = 4 * 1024 * 1024;

interface Upload {
	/** The item's id where it is new. @default a random one */
	id?: string;
	/** The client's name for it: shown to its owner, never part of a path. */
	filename: string;
	bytes: Uint8Array;
}

/**
 * Stores an image. The same bytes again are the same item; an item whose bytes never arrived, or that failed, gets
 * them and fresh attempts.
 *
 * @throws AppError `unsupported_image`, `file_too_large`
 */
export async function uploadItem(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	userId: string,
	{ id = randomUUID(), filename, bytes }: Upload,
): Promise<ItemWithAnalysis> {
	if (bytes.length > maxUploadBytes) {
		throw new AppError(
			"file_too_large",
			`The file has ${bytes.length} bytes and this route takes ${maxUploadBytes} (4 MB): upload it by POST /uploads, which takes up to 50 MB.`,
		);
	}
	const mimeType = sniffImageType(bytes);
	if (!mimeType) throw new AppError("unsupported_image", describeRefusal(bytes));

	// The row is written first: the sweeper never finds an object without a row.
	const { item, created } = await items.create({
		id,
		userId,
		originalFilename: cleanFilename(filename) || `image.${imageTypes[mimeType]}`,
		mimeType,
		fileSize: bytes.length,
		sha256: createHash("sha256").update(bytes).digest("hex"),
		correlationId: randomUUID(),
	});
	// A failed item must be `pending` before the bucket announces its bytes, or the event is skipped as a late one until
	// the sweeper runs. An item that waits for its upload by form may have announced another type.
	const pending = created ? item : await items.reopen(userId, item.id, { mimeType, fileSize: bytes.length });
	if (pending) {
		await objects.put(originalKey(pending), bytes, mimeType);
		await items.markUploaded(userId, pending.id);
	}
	const stored = await items.find(userId, item.id);
	if (stored) return stored.item.trashedAt ? restored({ items }, stored) : stored;
	// It was deleted meanwhile, perhaps before its bytes were stored.
	await removeObjects({ objects }, userId, item.id);
	throw itemNotFound(item.id);
}

/** Takes an item out of the trash: its bytes came again. */
export async function restored({ items }: Pick<Ports, "items">, found: ItemWithAnalysis): Promise<ItemWithAnalysis> {
	const item = await items.restore(found.item.userId, found.item.id);
	if (!item) throw itemNotFound(found.item.id);
	return { ...found, item };
}

const maxFilenameLength = 255;

/** Cleans a name for display: no folders, no control or direction-changing characters, at most 255 characters with the extension kept. */
export function cleanFilename(name: string): string {
	const clean = name
		.toWellFormed()
		.replaceAll(/^.*[/\\]/gs, "")
		.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "")
		.trim();
	const characters = [...clean];
	if (characters.length <= maxFilenameLength) return clean;
	const extension = [...(/\.[^.]{1,16}$/u.exec(clean)?.[0] ?? "")];
	return [...characters.slice(0, maxFilenameLength - extension.length), ...extension].join("");
}
