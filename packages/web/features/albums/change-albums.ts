import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { refreshItems } from "#web/features/library/use-items.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { toast } from "#web/ui/toasts.ts";
import type { Album } from "./use-albums.ts";

/** The API takes so many ids at once. */
const maxIds = 100;

const path = (id: string) => ({ params: { path: { id } } });

/** The fields that a person gives an album. */
export interface AlbumDraft {
	name: string;
	description: string | null;
	smart: Schemas["Album"]["smart"];
}

export interface ItemsOfAlbum {
	album: Pick<Album, "id" | "name">;
	ids: readonly string[];
}

/** Puts items at the end of an album, or at a place of its order, which is counted among the other items. */
async function put({ id }: Pick<Album, "id">, ids: readonly string[], position?: number): Promise<void> {
	for (let at = 0; at < ids.length; at += maxIds) {
		const body = {
			ids: ids.slice(at, at + maxIds),
			...(position !== undefined && { position: position + at }),
		};
		await api().PUT("/albums/{id}/items", { ...path(id), body });
	}
}

async function take({ id }: Pick<Album, "id">, ids: readonly string[]): Promise<void> {
	for (let at = 0; at < ids.length; at += maxIds) {
		await api().DELETE("/albums/{id}/items", { ...path(id), body: { ids: ids.slice(at, at + maxIds) } });
	}
}

const refreshAlbums = (client: QueryClient) => client.invalidateQueries({ queryKey: ["albums"] });

/** The changes of albums, each with its sentence. */
export function useChangeAlbums() {
	const { t } = useLanguage();
	const client = useQueryClient();
	const onError = (error: Error) => toast(error.message, { tone: "danger" });
	const onSettled = () => refreshItems(client);

	const creating = useMutation({
		mutationFn: (body: AlbumDraft) => bodyOf(api().POST("/albums", { body })),
		onSettled: () => refreshAlbums(client),
	});
	const changing = useMutation({
		mutationFn: ({ id, ...body }: { id: string } & Partial<AlbumDraft> & { cover_item_id?: string | null }) =>
			bodyOf(api().PATCH("/albums/{id}", { ...path(id), body })),
		onSettled,
	});
	const removing = useMutation({
		mutationFn: (id: string) => api().DELETE("/albums/{id}", path(id)),
		onSuccess: () => toast(t("album.deleted")),
		onError,
		// The page of the album is left first: its items are asked for no more.
		onSettled: (_data, _error, id) => {
			client.removeQueries({ queryKey: ["albums", id] });
			return refreshAlbums(client);
		},
	});
	const adding = useMutation({
		mutationFn: ({ album, ids }: ItemsOfAlbum) => put(album, ids),
		onSuccess: (_, { album, ids }) => toast(t("album.added", { count: ids.length, name: album.name })),
		onError,
		onSettled,
	});
	const taking = useMutation({
		mutationFn: ({ album, ids }: ItemsOfAlbum) => take(album, ids),
		onSuccess: (_, { album, ids }) => toast(t("album.taken", { count: ids.length, name: album.name })),
		onError,
		onSettled,
	});
	const moving = useMutation({
		mutationFn: ({ album, ids, position }: ItemsOfAlbum & { position: number }) => put(album, ids, position),
		onError,
		onSettled,
	});
	return { creating, changing, removing, adding, taking, moving };
}
