import type { ListedAlbum, Ports } from "../ports/index.ts";
import { smartFilter } from "./smart-items.ts";

/** Rarely have so many of the newest items no thumbnail. */
const maxCoverCandidates = 20;

/** Adds to a smart album how many items it has now, and its cover; any other album stays as it is. */
export async function showAlbum(
	ports: Pick<Ports, "items" | "albums" | "search" | "embedder" | "vectorIndex">,
	listed: ListedAlbum,
): Promise<ListedAlbum> {
	const { userId, smart } = listed.album;
	if (!smart) return listed;
	const filter = await smartFilter(ports, userId, smart);
	const { items, total } = await ports.items.listCompact(userId, { ...filter, limit: maxCoverCandidates, offset: 0 });
	const first = items.find(({ width }) => width !== null);
	return { ...listed, itemCount: total, coverItemId: listed.coverItemId ?? first?.id ?? null };
}
