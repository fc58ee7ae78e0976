import { albumNotFound } from "../errors.ts";
import { filterOf } from "../items/filter-fields.ts";
import type { ItemFilter, Ports } from "../ports/index.ts";
import { isTemporary, type SearchRequest, type SearchResult, searchItems } from "../search/search-items.ts";
import { type Album, maxSmartHits, type SmartSearch } from "./album.ts";
import { maxNesting } from "./nesting.ts";

type SmartPorts = Pick<Ports, "items" | "albums" | "search" | "embedder" | "vectorIndex">;

/** Two changes at once may have made a longer chain than one may. */
const maxDepth = 2 * maxNesting;

/** Returns which items a smart album has now: the strong hits of its search, or what its filters match. */
export async function smartFilter(
	ports: SmartPorts,
	userId: string,
	{ query, search_type, filters }: SmartSearch,
	depth = 0,
): Promise<ItemFilter> {
	const own = filterOf(filters);
	// An album that was deleted has no items.
	const named = own.album === undefined ? null : await ports.albums.find(userId, own.album);
	const filter = named ? await withoutSmartAlbum(ports, own, named.album, depth) : own;
	const found = query
		? await findStrong(ports, userId, {
				query,
				searchType: search_type,
				...(Object.keys(filters).length > 0 && { filter }),
			})
		: null;
	return found ? { ...filter, ids: found.hits.map(({ itemId }) => itemId) } : filter;
}

/** A search by meaning alone is one by words while the embedding provider is away: a list of albums is shown then, too. */
async function findStrong(
	ports: SmartPorts,
	userId: string,
	search: Pick<SearchRequest, "query" | "searchType" | "filter">,
): Promise<SearchResult> {
	const request = { ...search, topK: maxSmartHits, strict: true };
	try {
		return await searchItems(ports, userId, request);
	} catch (error) {
		if (request.searchType !== "vector" || !isTemporary(error)) throw error;
		return searchItems(ports, userId, { ...request, searchType: "bm25" });
	}
}

/**
 * Returns a request's filter as ports take it.
 * @throws AppError `album_not_found`
 */
export async function resolveAlbum(ports: SmartPorts, userId: string, filter: ItemFilter): Promise<ItemFilter> {
	if (filter.album === undefined) return filter;
	const found = await ports.albums.find(userId, filter.album);
	if (!found) throw albumNotFound(filter.album);
	return withoutSmartAlbum(ports, filter, found.album, 0);
}

/** Replaces a smart album in a filter by what its search finds now: the list knows only albums to which items were added. */
async function withoutSmartAlbum(
	ports: SmartPorts,
	filter: ItemFilter,
	{ userId, smart }: Album,
	depth: number,
): Promise<ItemFilter> {
	if (!smart || depth > maxDepth) return filter;
	const { album: _, ...others } = filter;
	return { ...others, and: await smartFilter(ports, userId, smart, depth + 1) };
}
