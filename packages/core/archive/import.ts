import { maxAlbums, type SmartSearch } from "../albums/album.ts";
import { AppError } from "../errors.ts";
import { derivedId } from "../ids.ts";
import { type Item, imageTypes, originalKey } from "../items/item.ts";
import { formSeconds, maxOriginalBytes } from "../items/prepare-upload.ts";
import { cleanFilename } from "../items/upload-item.ts";
import type { Limits } from "../limits/limits.ts";
import { removeObjects } from "../pipeline/process-image.ts";
import type { Ports, UploadForm } from "../ports/index.ts";
import type { ArchivedItem } from "./archived-item.ts";

/** An item of an archive as the person has it now: whole, or with a form that takes its picture. */
export interface ImportedItem {
	itemId: string;
	/** Null where the person has the picture. */
	form: UploadForm | null;
}

/**
 * Takes an item over from an archive: its row with everything but the picture, for which it returns a form. The picture then goes
 * the way of every upload, and the item is ready without a model's call. Bytes that the person has already are that item, which
 * stays as it is. Safe to repeat, and to do twice at once: the id is derived from the archive's.
 * @throws AppError `file_too_large`, `too_many_pending`
 */
export async function importItem(
	{ archives, items, objects }: Pick<Ports, "archives" | "items" | "objects">,
	userId: string,
	archived: ArchivedItem,
	{ pendingUploads }: Pick<Limits, "pendingUploads">,
): Promise<ImportedItem> {
	if (archived.file_size > maxOriginalBytes) {
		throw new AppError(
			"file_too_large",
			`The picture of ${archived.id} has ${archived.file_size} bytes and at most ${maxOriginalBytes} (50 MB) are accepted.`,
		);
	}
	const { mime_type: mimeType, file_size: fileSize } = archived;
	const { item, created } = await items.create(
		{
			id: derivedId(userId, archived.id),
			userId,
			originalFilename: cleanFilename(archived.original_filename) || `image.${imageTypes[mimeType]}`,
			mimeType,
			fileSize,
			sha256: archived.sha256,
			correlationId: derivedId(userId, archived.id, "import"),
		},
		{ maxPending: pendingUploads },
	);
	const waiting = created ? item : await reopened({ items, objects }, item, { mimeType, fileSize });
	if (!waiting) return { itemId: item.id, form: null };
	// Before the form: the picture that it brings finds the words.
	await archives.addWords(userId, waiting.id, archived);
	const form = await objects.presignPost(originalKey(waiting), { contentType: mimeType, size: fileSize }, formSeconds);
	return { itemId: waiting.id, form };
}

/** Lets an item wait for its picture again, which a former import, or upload, never brought. */
async function reopened(
	{ items, objects }: Pick<Ports, "items" | "objects">,
	item: Item,
	announced: Pick<Item, "mimeType" | "fileSize">,
): Promise<Item | null> {
	if (item.width !== null || !["pending", "failed"].includes(item.status)) return null;
	const waiting = await items.reopen(item.userId, item.id, announced);
	if (waiting && item.status === "failed") await removeObjects({ objects }, item.userId, item.id);
	return waiting;
}

export interface ImportedAlbum {
	/** The archive's. */
	id: string;
	name: string;
	description: string | null;
	smart: SmartSearch | null;
}

/** Takes an album over from an archive, without its items. Safe to repeat. @throws AppError as `Albums.create` */
export async function importAlbum(
	{ albums }: Pick<Ports, "albums">,
	userId: string,
	{ id: archivedId, name, description, smart }: ImportedAlbum,
): Promise<string> {
	const id = derivedId(userId, archivedId);
	if (await albums.find(userId, id)) return id;
	const fields = { id, userId, name, description, coverItemId: null, smart: smart && ofPerson(userId, smart) };
	try {
		await albums.create(fields, { maxAlbums });
	} catch (error) {
		// Another import was quicker.
		if (!(await albums.find(userId, id))) throw error;
	}
	return id;
}

/** The album that a search names has another id here, too. */
function ofPerson(userId: string, smart: SmartSearch): SmartSearch {
	const { album } = smart.filters;
	return album ? { ...smart, filters: { ...smart.filters, album: derivedId(userId, album) } } : smart;
}
