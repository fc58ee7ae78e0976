import { keepPreviousData, type QueryClient, useQueries, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, bodyOf } from "#web/app/api.ts";
import { type GridItem, gridItemOf, isSettled } from "./grid-item.ts";
import { type ItemFilters, isFiltered } from "./item-filters.ts";
import { lastSeen } from "./last-seen.ts";

export const itemsPerPage = 100;

export interface Page {
	items: GridItem[];
	total: number;
}

/** By `taken` the items of a month stand together, whenever they came; `position` is the person's order of an album. */
export type Sort = "taken" | "position";

async function fetchPage(filters: ItemFilters, sort: Sort, page: number, signal: AbortSignal): Promise<Page> {
	const query = {
		...filters,
		fields: "compact",
		sort,
		limit: itemsPerPage,
		offset: page * itemsPerPage,
	} as const;
	const { items, total } = await bodyOf(api().GET("/items", { params: { query }, signal }));
	return { items: items.map(gridItemOf), total };
}

/** The pause before an item that the pipeline works on is read again: the longer it takes, the rarer. */
export const pollAfterMs = (reads: number): number => Math.min(1_500 * 1.25 ** reads, 15_000);

function pageQuery(filters: ItemFilters, sort: Sort, page: number) {
	return {
		queryKey: ["items", filters, sort, page] as const,
		queryFn: ({ signal }: { signal: AbortSignal }) => fetchPage(filters, sort, page, signal),
		placeholderData: keepPreviousData,
		refetchInterval: ({ state }: { state: { data?: Page; dataUpdateCount: number } }) => {
			const waits = state.data?.items.some((item) => !isSettled(item));
			return waits ? pollAfterMs(state.dataUpdateCount) : false;
		},
	};
}

const listsOfItems = ["items", "facets", "search", "albums", "tags"];

/** After something changed: lists, their counts, and what a search, albums and tags show of them. */
export async function refreshItems(client: QueryClient): Promise<void> {
	await Promise.all(listsOfItems.map((key) => client.invalidateQueries({ queryKey: [key] })));
}

function facetsQuery(filters: ItemFilters) {
	return {
		queryKey: ["facets", filters],
		placeholderData: keepPreviousData,
		queryFn: ({ signal }: { signal: AbortSignal }) =>
			bodyOf(api().GET("/items/facets", { params: { query: filters }, signal })),
	};
}

/** How many items there are of each month, category and tag. */
export function useFacets(filters: ItemFilters, isAsked = true) {
	return useQuery({ ...facetsQuery(filters), enabled: isAsked });
}

/** Shows the page that was seen last at once, and without a network; it is read anew in any case. */
const lastSeenData = (filters: ItemFilters) =>
	isFiltered(filters) ? {} : { initialData: lastSeen.read, initialDataUpdatedAt: 0 };

/** A wait that nobody notices: a page that is ready within it is shown at once, without a skeleton. */
const unnoticedMs = 100;

/** Requests the first items of a list and their facets. Resolves when there is something to show, soon in any case. */
export async function prefetchItems(client: QueryClient, filters: ItemFilters): Promise<void> {
	const requested = Promise.all([
		client.prefetchQuery({ ...pageQuery(filters, "taken", 0), ...lastSeenData(filters) }),
		client.prefetchQuery(facetsQuery(filters)),
	]);
	if (client.getQueryData(pageQuery(filters, "taken", 0).queryKey)) return;
	await Promise.race([requested, new Promise((resolve) => setTimeout(resolve, unnoticedMs))]);
}

export interface ItemList {
	total: number;
	at(index: number): GridItem | undefined;
	isLoading: boolean;
	error: Error | null;
	retry(): void;
}

/** The person's items, of which only the pages that are looked at are loaded. */
export function useItems(filters: ItemFilters, sort: Sort, pages: readonly number[]): ItemList {
	const isWhole = !isFiltered(filters);
	const first = useQuery({ ...pageQuery(filters, sort, 0), ...lastSeenData(filters) });
	useEffect(() => {
		if (isWhole && first.data && first.dataUpdatedAt > 0) lastSeen.write(first.data);
	}, [isWhole, first.data, first.dataUpdatedAt]);
	const others = useQueries({
		queries: pages
			.filter((page) => page > 0)
			.map((page) => ({ ...pageQuery(filters, sort, page), placeholderData: undefined })),
		combine: (results) => results.map(({ data }) => data),
	});
	const loaded = useMemo(() => {
		const byPage = new Map<number, GridItem[]>();
		if (first.data) byPage.set(0, first.data.items);
		pages
			.filter((page) => page > 0)
			.forEach((page, at) => {
				const items = others[at]?.items;
				if (items) byPage.set(page, items);
			});
		return byPage;
	}, [first.data, others, pages]);
	return {
		total: first.data?.total ?? 0,
		at: (index) => loaded.get(Math.floor(index / itemsPerPage))?.[index % itemsPerPage],
		isLoading: first.isPending,
		error: first.data ? null : first.error,
		retry: () => void first.refetch(),
	};
}
