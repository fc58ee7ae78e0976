import { api } from "#web/app/api.ts";

/** Asks for an address that reads a picture for an hour. */
export function imageUrl(filename: string, size: "original" | "thumbnail", signal?: AbortSignal) {
	return api().GET("/images/{filename}", { params: { path: { filename }, query: { size } }, signal });
}
