import type { TakenAt } from "./taken-at.ts";

/** The states of an item from upload to searchable. No item is `deferred` yet: clients know it from the contract. */
const itemStatuses = ["pending", "uploaded", "processed", "analyzed", "deferred", "ready", "failed"] as const;
export type ItemStatus = (typeof itemStatuses)[number];

/** The states that clients see: the trash hides what the pipeline does with an item. */
export const shownStatuses = [...itemStatuses, "trashed"] as const;
export type ShownStatus = (typeof shownStatuses)[number];

/** Why an item ended `failed`; `detail` is a sentence for its owner. */
export interface ItemError {
	code: ItemErrorCode;
	detail: string;
	duplicateOf?: string;
}

export type ItemErrorCode =
	| "unsupported_image"
	| "undecodable_image"
	| "too_many_pixels"
	| "other_type"
	| "upload_missing"
	| "duplicate"
	| "vision_refused"
	| "vision_answer_invalid"
	| "retries_exhausted";

/** One image of one person. */
export interface Item {
	id: string;
	userId: string;
	originalFilename: string;
	mimeType: ImageType;
	/** Bytes of the original. */
	fileSize: number;
	/** Hex digest of the original's bytes; null until they are known. */
	sha256: string | null;
	status: ItemStatus;
	error: ItemError | null;
	/** Pixels after EXIF orientation; null until processed. */
	width: number | null;
	height: number | null;
	/** From the file, or from its name. */
	takenAt: TakenAt | null;
	/** The file ends early or is damaged, and a part of the picture may be missing. */
	damaged: boolean;
	/** Camera make and model from EXIF. */
	camera: string | null;
	/** The GPS position in EXIF: for the owner alone, so no model and no search text ever has it. */
	location: Location | null;
	/** Names of the dominant colours, most frequent first. */
	colours: string[];
	/** 16 hex digits; pictures that look the same differ in few bits. Null until processed, and for items processed before hashes existed. */
	perceptualHash: string | null;
	/** A blurred picture to show until the thumbnail is loaded (ThumbHash), in base64. Null until processed, and for items processed before there were any. */
	placeholder: string | null;
	/** In the trash since then; null where it is not. */
	trashedAt: Date | null;
	edits: Edits;
	/** The person's own note. */
	note: string | null;
	favorite: boolean;
	/** Counts the edits that changed what is searched. */
	textRevision: number;
	/** Traces one upload through logs and events. */
	correlationId: string;
	createdAt: Date;
	updatedAt: Date;
}

/** A person's own words, shown and searched instead of the model's; null leaves the model's. */
export interface Edits {
	headline: string | null;
	summary: string | null;
	category: string | null;
	/** The list of tags is the person's: no analysis adds to it. */
	tags: boolean;
}

/** Of an item that nobody has edited. */
export const unedited = {
	edits: { headline: null, summary: null, category: null, tags: false },
	note: null,
	favorite: false,
	textRevision: 0,
} as const satisfies Partial<Item>;

/** A place on Earth in degrees: north and east are positive. */
export interface Location {
	latitude: number;
	longitude: number;
}

/** Accepted image types and the extension each original gets in the bucket. */
export const imageTypes = {
	"image/png": "png",
	"image/jpeg": "jpg",
	"image/webp": "webp",
	"image/gif": "gif",
	"image/avif": "avif",
} as const;
export type ImageType = keyof typeof imageTypes;

/** Returns the state that clients see. */
export const shownStatus = ({ status, trashedAt }: Pick<Item, "status" | "trashedAt">): ShownStatus =>
	trashedAt ? "trashed" : status;

/** Returns the name under which the API serves an item: `{id}.{ext}`. */
export function itemFilename(item: Pick<Item, "id" | "mimeType">): string {
	return `${item.id}.${imageTypes[item.mimeType]}`;
}

export function originalKey(item: Pick<Item, "id" | "userId" | "mimeType">): string {
	return `originals/${item.userId}/${itemFilename(item)}`;
}

/** Returns the key of the image for people: longest side 512 px at most. */
export function thumbnailKey(userId: string, itemId: string): string {
	return `${derivedPrefix(userId, itemId)}thumbnail.webp`;
}

/** Returns the key of the image for vision models: longest side 1568 px at most. */
export function visionKey(userId: string, itemId: string): string {
	return `${derivedPrefix(userId, itemId)}vision.jpg`;
}

/** Returns the prefixes that hold every object of an item. */
export function itemPrefixes(userId: string, itemId: string): string[] {
	return [`originals/${userId}/${itemId}.`, derivedPrefix(userId, itemId)];
}

/** Returns the prefixes that hold every object of a person, those of their chats and archives included. */
export function accountPrefixes(userId: string): string[] {
	return [`originals/${userId}/`, `derived/${userId}/`, `checkpoints/${userId}/`, `exports/${userId}/`];
}

function derivedPrefix(userId: string, itemId: string): string {
	return `derived/${userId}/${itemId}/`;
}

const originalKeyPattern = /^originals\/([^/]+)\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\.[a-z]+$/;

/** Returns the owner and item of an original; null where the key is not of an original. */
export function parseOriginalKey(key: string): { userId: string; itemId: string } | null {
	const [, userId, itemId] = originalKeyPattern.exec(key) ?? [];
	return userId && itemId ? { userId, itemId } : null;
}
