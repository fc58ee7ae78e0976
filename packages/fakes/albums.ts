import type { Album } from "#core/albums/album.ts";
import { albumNamedBy, requireNesting } from "#core/albums/nesting.ts";
import { albumFull, albumHasItems, albumIsSmart, albumNotFound, itemNotFound, tooManyAlbums } from "#core/errors.ts";
import type { AlbumFields, Albums, ListedAlbum } from "#core/ports/index.ts";
import { owned, type Store, type StoredAlbum } from "./store.ts";

export function fakeAlbums(store: Store): Albums {
	const own = (userId: string, albumId: string) => {
		const stored = store.albums.get(albumId);
		return stored?.album.userId === userId ? stored : null;
	};
	const allOf = (userId: string) => [...store.albums.values()].filter(({ album }) => album.userId === userId);

	function requireNamed(userId: string, { coverItemId, smart }: Partial<AlbumFields>): void {
		if (coverItemId && !owned(store, userId, coverItemId)) throw itemNotFound(coverItemId);
		const named = smart && albumNamedBy(smart);
		if (named && !own(userId, named)) throw albumNotFound(named);
	}

	function plain(userId: string, albumId: string): StoredAlbum {
		const stored = own(userId, albumId);
		if (!stored) throw albumNotFound(albumId);
		if (stored.album.smart) throw albumIsSmart(albumId);
		return stored;
	}

	/** The album as the database lists it: a deleted item is in no album. */
	function listed({ album, itemIds }: StoredAlbum): ListedAlbum {
		const items = itemIds.flatMap((id) => owned(store, album.userId, id)?.item ?? []);
		const shown = items.filter(({ status, trashedAt }) => status !== "pending" && !trashedAt);
		const chosen = album.coverItemId && owned(store, album.userId, album.coverItemId)?.item;
		const cover = [...(chosen && !chosen.trashedAt ? [chosen] : []), ...shown].find(({ width }) => width !== null);
		return { album: structuredClone(album), itemCount: shown.length, coverItemId: cover?.id ?? null };
	}

	return {
		async create(added, { maxAlbums }) {
			requireNamed(added.userId, added);
			if (added.smart) {
				requireNesting(
					allOf(added.userId).map(({ album }) => album),
					added.id,
					added.smart,
				);
			}
			if (allOf(added.userId).length >= maxAlbums) throw tooManyAlbums(maxAlbums);
			const now = new Date(store.now());
			const album: Album = { ...structuredClone(added), createdAt: now, updatedAt: now };
			store.albums.set(album.id, { album, itemIds: [] });
			return structuredClone(album);
		},

		async find(userId, albumId) {
			const stored = own(userId, albumId);
			return stored && listed(stored);
		},

		async list(userId, { limit, offset }) {
			const all = allOf(userId).sort(
				(a, b) => b.album.createdAt.getTime() - a.album.createdAt.getTime() || (a.album.id < b.album.id ? 1 : -1),
			);
			return { albums: all.slice(offset, offset + limit).map(listed), total: all.length };
		},

		async update(userId, albumId, fields) {
			const stored = own(userId, albumId);
			if (!stored) return null;
			requireNamed(userId, fields);
			if (fields.smart) {
				requireNesting(
					allOf(userId).map(({ album }) => album),
					albumId,
					fields.smart,
				);
				if (listed(stored).itemCount > 0) throw albumHasItems(albumId);
			}
			Object.assign(stored.album, structuredClone(fields), { updatedAt: new Date(store.now()) });
			return structuredClone(stored.album);
		},

		async delete(userId, albumId) {
			return own(userId, albumId) !== null && store.albums.delete(albumId);
		},

		async putItems(userId, albumId, itemIds, { position, maxItems }) {
			const stored = plain(userId, albumId);
			const given = itemIds.filter((id) => owned(store, userId, id));
			const present = stored.itemIds.filter((id) => owned(store, userId, id));
			const others = present.filter((id) => position === undefined || !given.includes(id));
			const added = position === undefined ? given.filter((id) => !present.includes(id)) : given;
			const at = position ?? others.length;
			const next = [...others.slice(0, at), ...added, ...others.slice(at)];
			if (next.length > maxItems) throw albumFull(albumId, maxItems);
			stored.itemIds = next;
			stored.album.updatedAt = new Date(store.now());
		},

		async removeItems(userId, albumId, itemIds) {
			const stored = plain(userId, albumId);
			stored.itemIds = stored.itemIds.filter((id) => !itemIds.includes(id));
			stored.album.updatedAt = new Date(store.now());
		},
	};
}
