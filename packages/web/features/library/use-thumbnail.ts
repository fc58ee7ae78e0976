import { useQuery } from "@tanstack/react-query";
import { api, bodyOf } from "#web/app/api.ts";

/** An address is valid for an hour; it is asked for again before. */
const validMs = 50 * 60_000;

/** The address of an item's thumbnail, for lists that name only the item's picture: `/images/{filename}`. */
export function useThumbnail({ image_url }: { image_url: string }): string | undefined {
	const filename = image_url.split("/").at(-1) ?? "";
	const { data } = useQuery({
		queryKey: ["image", filename, "thumbnail"],
		enabled: filename !== "",
		staleTime: validMs,
		queryFn: async ({ signal }) => (await bodyOf(imageUrl(filename, "thumbnail", signal))).url,
	});
	return data;
}

export function imageUrl(filename: string, size: "original" | "thumbnail", signal?: AbortSignal) {
	return api().GET("/images/{filename}", { params: { path: { filename }, query: { size } }, signal });
}
