import type { Share, SharedPicture } from "../shares/share.ts";

export type NewShare = Omit<Share, "views" | "lastViewedAt" | "createdAt"> & { tokenHash: Uint8Array };

export interface SharedPage {
	/** The album's name; null where the share shows an item. */
	albumName: string | null;
	/** In the album's order. */
	pictures: SharedPicture[];
	total: number;
}

/** Public pages of people's items and albums. */
export interface Shares {
	/**
	 * @returns null where the user has no such item or album
	 * @throws AppError `too_many_shares` where the user has `maxShares` already
	 */
	create(share: NewShare): Promise<Share | null>;
	/** Lists a person's shares, the newest first. */
	list(userId: string): Promise<Share[]>;
	/** Ends a share. False where there is none. */
	delete(userId: string, shareId: string): Promise<boolean>;
	/**
	 * Finds a share by its address, whoever's it is; null where it was ended or has expired, or its person is gone. The one
	 * look-up without a user: a visitor has none.
	 */
	findByToken(tokenHash: Uint8Array): Promise<Share | null>;
	/** Counts that the page was opened. */
	countView(userId: string, shareId: string): Promise<void>;
	/**
	 * Returns pictures of the share that can be seen now: of items that exist, were processed and are not in the trash. Null
	 * where the album is gone, or the item is in the trash or failed before it had a picture.
	 */
	page(share: Share, range: { offset: number; limit: number }): Promise<SharedPage | null>;
	/** Finds one of these pictures, with its place among them from 0; null where the share does not show the item. */
	picture(share: Share, itemId: string): Promise<(SharedPicture & { place: number }) | null>;
}
