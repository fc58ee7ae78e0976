import type { Album } from "../albums/album.ts";

export type AlbumFields = Pick<Album, "name" | "description" | "coverItemId" | "smart">;

/** An album with what a list of albums shows. The items of a smart album are found by a search and not counted here. */
export interface ListedAlbum {
	album: Album;
	itemCount: number;
	/** The item whose thumbnail is the cover: the chosen one, else the first one that has a thumbnail. */
	coverItemId: string | null;
}

/** Albums. Every call is bound to one user. */
export interface Albums {
	/**
	 * @throws AppError `too_many_albums` where the user has `maxAlbums`; `item_not_found` of the cover;
	 * `album_not_found` of an album that the search names; `album_nested_too_deep` where the search would make a chain of
	 * more than `maxNesting` albums
	 */
	create(album: AlbumFields & Pick<Album, "id" | "userId">, options: { maxAlbums: number }): Promise<Album>;
	find(userId: string, albumId: string): Promise<ListedAlbum | null>;
	/** Lists albums, the newest first. */
	list(userId: string, page: { limit: number; offset: number }): Promise<{ albums: ListedAlbum[]; total: number }>;
	/**
	 * Changes the given fields. Null where there is no such album.
	 * @throws AppError as `create`; `album_in_itself` where the search names the album, directly or by way of others;
	 * `album_has_items` where an album with items would become a smart one
	 */
	update(userId: string, albumId: string, fields: Partial<AlbumFields>): Promise<Album | null>;
	/** Deletes the album; its items stay. False where there is no such album. */
	delete(userId: string, albumId: string): Promise<boolean>;
	/**
	 * Puts items into the album, in this order, before the item that is at `position` (from 0); those that are in it
	 * already move there. Without a position new items follow at the end, and the others stay where they are. Ids that
	 * are no items of the user are left out.
	 * @throws AppError `album_not_found`, `album_is_smart`, `album_full` where it would have more than `maxItems`
	 */
	putItems(
		userId: string,
		albumId: string,
		itemIds: string[],
		options: { position?: number; maxItems: number },
	): Promise<void>;
	/** @throws AppError `album_not_found`, `album_is_smart` */
	removeItems(userId: string, albumId: string, itemIds: string[]): Promise<void>;
}
