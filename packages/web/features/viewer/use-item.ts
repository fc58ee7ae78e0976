import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, bodyOf, type Item } from "#web/app/api.ts";
import { isSettled } from "#web/features/library/grid-item.ts";
import { imageUrl } from "#web/features/library/image-url.ts";
import { pollAfterMs } from "#web/features/library/use-items.ts";

/** An address is valid for an hour. */
const validMs = 50 * 60_000;

/** An item with its version, by which a change of it is refused where another window was first. */
export type VersionedItem = Item & { etag: string | null };

export async function versioned(answer: Promise<{ data?: Item; response: Response }>): Promise<VersionedItem> {
	const { data, response } = await answer;
	return { ...(data as Item), etag: response.headers.get("etag") };
}

export const itemQuery = (id: string) =>
	queryOptions({
		queryKey: ["item", id],
		queryFn: ({ signal }) => versioned(api().GET("/items/{id}", { params: { path: { id } }, signal })),
	});

export function useItem(id: string) {
	return useQuery({
		...itemQuery(id),
		refetchInterval: ({ state }) => (state.data && !isSettled(state.data) ? pollAfterMs(state.dataUpdateCount) : false),
	});
}

/** The lines that were read from the picture, and where they stand. */
export function useText(id: string, isRead: boolean) {
	return useQuery({
		queryKey: ["text", id],
		enabled: isRead,
		staleTime: 5 * 60_000,
		queryFn: ({ signal }) => bodyOf(api().GET("/items/{id}/text", { params: { path: { id } }, signal })),
	});
}

export function useOriginal(filename: string | undefined) {
	return useQuery({
		queryKey: ["image", filename, "original"],
		enabled: filename !== undefined,
		staleTime: validMs,
		queryFn: async ({ signal }) => (await bodyOf(imageUrl(filename ?? "", "original", signal))).url,
	});
}

export function useSimilar(id: string) {
	return useQuery({
		queryKey: ["similar", id],
		staleTime: 5 * 60_000,
		queryFn: ({ signal }) =>
			bodyOf(api().POST("/items/{id}/similar", { params: { path: { id } }, body: { top_k: 8 }, signal })),
	});
}
