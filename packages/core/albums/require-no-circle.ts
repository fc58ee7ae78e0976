import { AppError } from "../errors.ts";
import type { Album, SmartSearch } from "./album.ts";

/** Returns the album that the filters of a search name. */
export const albumNamedBy = ({ filters }: SmartSearch): string | undefined => filters.album;

/**
 * Refuses a search for an album that is in itself then, directly or by way of other smart albums.
 * @param albums the person's smart albums
 * @throws AppError `album_in_itself`
 */
export function requireNoCircle(albums: Pick<Album, "id" | "smart">[], albumId: string, smart: SmartSearch): void {
	const named = new Map(albums.map(({ id, smart }) => [id, smart ? albumNamedBy(smart) : undefined]));
	const seen = new Set<string>();
	for (let at = albumNamedBy(smart); at && !seen.has(at); at = named.get(at)) {
		seen.add(at);
		if (at === albumId) {
			throw new AppError(
				"album_in_itself",
				`The search of the album ${albumId} names this album, directly or by way of other smart albums: name another one.`,
			);
		}
	}
}
