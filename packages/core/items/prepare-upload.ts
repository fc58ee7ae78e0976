import { randomUUID } from "node:crypto";
import { AppError, itemNotFound } from "../errors.ts";
import { removeObjects } from "../pipeline/process-image.ts";
import type { ItemWithAnalysis, Ports, UploadForm } from "../ports/index.ts";
import { type ImageType, imageTypes, originalKey } from "./item.ts";
import { cleanFilename } from "./upload-item.ts";

/** What an original may have: 50 MB. */
export const maxOriginalBytes = 50 * 1024 * 1024;

/** How long a form may be used: the upload must have begun, a slow one may end later. */
export const formSeconds = 15 * 60;

export interface AnnouncedUpload {
	/** As the client calls it: shown to its owner, never part of a path. */
	filename: string;
	contentType: ImageType;
	/** Bytes. */
	size: number;
	/** What the client says of the bytes; believed only until they are here. */
	sha256: string | null;
}

/** Where to send the bytes, or the item that has them. */
export type PreparedUpload =
	| { itemId: string; form: UploadForm }
	| { existing: ItemWithAnalysis };

/**
 * Lets a person send an image straight to storage: writes the row (`pending`) and gives a form for exactly this
 * file. Bytes announced by a digest that the user has already are not sent again; where they never arrived, or
 * never became an image, the same item gets a new form.
 *
 * @throws AppError `file_too_large`
 */
export async function prepareUpload(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	userId: string,
	{ filename, contentType, size, sha256 }: AnnouncedUpload,
): Promise<PreparedUpload> {
	if (size > maxOriginalBytes) {
		throw new AppError(
			"file_too_large",
			`The file has ${size} bytes and at most ${maxOriginalBytes} (50 MB) are taken: send a smaller version.`,
		);
	}
	const { item, created } = await items.create({
		id: randomUUID(),
		userId,
		originalFilename:
			cleanFilename(filename) || `image.${imageTypes[contentType]}`,
		mimeType: contentType,
		fileSize: size,
		sha256,
		correlationId: randomUUID(),
	});
	let open = created ? item : null;
	if (!created && item.status === "failed" && item.width !== null) {
		// It was processed once, so its bytes are stored and good: the sweeper gives it its next try.
		await items.restart(userId, item.id);
	} else if (!created) {
		open = await items.reopen(userId, item.id, {
			mimeType: contentType,
			fileSize: size,
		});
		// Else the sweeper would find the bytes that failed, and fail the item before the new ones arrive.
		if (open && item.status === "failed") {
			await removeObjects({ objects }, userId, item.id);
		}
	}
	if (open) {
		const file = { contentType, size };
		const key = originalKey(open);
		const form = await objects.presignPost(key, file, formSeconds);
		return { itemId: open.id, form };
	}
	const existing = await items.find(userId, item.id);
	if (!existing) throw itemNotFound(item.id); // deleted meanwhile
	return { existing };
}
