import type { ImageType } from "../items/item.ts";

/** A public page that shows an item or an album to whoever has its address. */
export interface Share {
	id: string;
	userId: string;
	/** Null where it shows an album. */
	itemId: string | null;
	albumId: string | null;
	/** The heading of the page; null for the person's own headline of the item, or the album's name. */
	title: string | null;
	/** See `hashPassword`; null where the page is open. */
	passwordHash: string | null;
	allowDownload: boolean;
	/** The download is the original as it is; else a picture that has no metadata. */
	keepMetadata: boolean;
	/** How often the page was opened. */
	views: number;
	lastViewedAt: Date | null;
	expiresAt: Date | null;
	createdAt: Date;
}

/** A picture of a share. Nothing that a model wrote is in it: a description may repeat the file's name, date or camera. */
export interface SharedPicture {
	itemId: string;
	/** The person's own headline. */
	title: string | null;
	width: number;
	height: number;
	mimeType: ImageType;
	/** For the name of a download alone. */
	originalFilename: string;
}

/** Bounds the shares of a person. */
export const maxShares = 1_000;
