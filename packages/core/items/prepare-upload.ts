import { randomUUID } from "node:crypto";
import { AppError, itemNotFound } from "../errors.ts";
import type { Limits } from "../limits/limits.ts";
import { removeObjects } from "../pipeline/process-image.ts";
import type { ItemWithAnalysis, Ports, UploadForm } from "../ports/index.ts";
import { type ImageType, imageTypes, originalKey } from "./item.ts";
import { cleanFilename, restored } from "./upload-item.ts";

/** Limits an original to 50 MB. */
export const maxOriginalBytes = 50 * 1024 * 1024;

/** Limits when an upload by a form may begin; a slow one may end later. */
export const formSeconds = 15 * 60;

export interface AnnouncedUpload {
	/** The item's id where it is new. @default a random one */
	id?: string;
	/** The client's name for it: shown to its owner, never part of a path. */
	filename: string;
	contentType: ImageType;
	/** Bytes. */
	size: number;
	/** The client's digest of the bytes; trusted only until they arrive. */
	sha256: string | null;
}

/** A form to upload the bytes by, or the item that has them already. */
type PreparedUpload = { itemId: string; form: UploadForm } | { existing: ItemWithAnalysis };

/**
 * Prepares an upload straight to storage: writes the row (`pending`) and returns a form for exactly this file. Bytes
 * whose digest the user has already need no upload; where they never arrived, or never became an image, the same item
 * gets a new form.
 *
 * @throws AppError `file_too_large`, `too_many_pending`
 */
export async function prepareUpload(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	userId: string,
	{ id = randomUUID(), filename, contentType, size, sha256 }: AnnouncedUpload,
	{ pendingUploads }: Pick<Limits, "pendingUploads">,
): Promise<PreparedUpload> {
	if (size > maxOriginalBytes) {
		throw new AppError(
			"file_too_large",
			`The file has ${size} bytes and at most ${maxOriginalBytes} (50 MB) are accepted: send a smaller version.`,
		);
	}
	const { item, created } = await items.create(
		{
			id,
			userId,
			originalFilename: cleanFilename(filename) || `image.${imageTypes[contentType]}`,
			mimeType: contentType,
			fileSize: size,
			sha256,
			correlationId: randomUUID(),
		},
		{ maxPending: pendingUploads },
	);
	let awaitsUpload = created ? item : null;
	if (!created && item.status === "failed" && item.width !== null) {
		// It was processed once, so its bytes are stored and valid: the sweeper runs the failed stage again.
		await items.restart(userId, item.id);
	} else if (!created) {
		awaitsUpload = await items.reopen(userId, item.id, {
			mimeType: contentType,
			fileSize: size,
		});
		// The sweeper would process the rejected bytes, and fail the item before the new ones arrive.
		if (awaitsUpload && item.status === "failed") {
			await removeObjects({ objects }, userId, item.id);
		}
	}
	if (awaitsUpload) {
		const file = { contentType, size };
		if (awaitsUpload.trashedAt) await items.restore(userId, awaitsUpload.id);
		const key = originalKey(awaitsUpload);
		const form = await objects.presignPost(key, file, formSeconds);
		return { itemId: awaitsUpload.id, form };
	}
	const existing = await items.find(userId, item.id);
	if (!existing) throw itemNotFound(item.id); // deleted meanwhile
	return { existing: existing.item.trashedAt ? await restored({ items }, existing) : existing };
}
