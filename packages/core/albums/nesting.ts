import { AppError } from "../errors.ts";
import type { Album, SmartSearch } from "./album.ts";

/** The albums of a chain in which each smart album's search names the next. */
export const maxNesting = 10;

/** Returns the album that the filters of a search name. */
export const albumNamedBy = ({ filters }: SmartSearch): string | undefined => filters.album;

/**
 * Refuses a search for an album that would be in itself then, directly or by way of other smart albums, or at an end of
 * a chain that is too long.
 * @param albums the person's smart albums
 * @throws AppError `album_in_itself`, `album_nested_too_deep`
 */
export function requireNesting(albums: Pick<Album, "id" | "smart">[], albumId: string, smart: SmartSearch): void {
	const named = new Map(albums.map(({ id, smart }) => [id, smart ? albumNamedBy(smart) : undefined]));
	named.set(albumId, albumNamedBy(smart));
	for (const { id } of [{ id: albumId }, ...albums]) {
		let length = 1;
		let goesThrough = id === albumId;
		for (let at = named.get(id); at && length <= maxNesting; at = named.get(at)) {
			if (id === albumId && at === albumId) {
				throw new AppError(
					"album_in_itself",
					`The search of the album ${albumId} names this album, directly or by way of other smart albums: name another one.`,
				);
			}
			goesThrough ||= at === albumId;
			length += 1;
		}
		if (goesThrough && length > maxNesting) {
			throw new AppError(
				"album_nested_too_deep",
				`With this search more than ${maxNesting} albums would be in each other: name an album that is made of fewer.`,
			);
		}
	}
}
