import { useQuery } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";

export type Album = Schemas["Album"];

const albumsPerPage = 50;

async function fetchAlbums(signal: AbortSignal): Promise<Album[]> {
	const all: Album[] = [];
	for (;;) {
		const query = { limit: albumsPerPage, offset: all.length };
		const { albums, total } = await bodyOf(api().GET("/albums", { params: { query }, signal }));
		all.push(...albums);
		if (albums.length === 0 || all.length >= total) return all;
	}
}

/** All of the person's albums, the newest first. */
export function useAlbums(isAsked = true) {
	return useQuery({ queryKey: ["albums", "all"], enabled: isAsked, queryFn: ({ signal }) => fetchAlbums(signal) });
}

export function useAlbum(id: string) {
	return useQuery({
		queryKey: ["albums", id],
		queryFn: ({ signal }) => bodyOf(api().GET("/albums/{id}", { params: { path: { id } }, signal })),
	});
}
