import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { api, bodyOf, type Item } from "#web/app/api.ts";
import { batch, refreshChanged, restore, trash } from "#web/features/library/change-items.ts";
import { isSameTag } from "#web/features/tags/tag-list.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { toast } from "#web/ui/toasts.ts";
import { duplicateGroups } from "./duplicate-groups.ts";

const itemsPerRequest = 50;
/** As many as one request lists. */
const maxIds = 100;

/** The groups of near-duplicates, found page by page while the person looks at the first. */
export function useDuplicateGroups() {
	const found = useInfiniteQuery({
		queryKey: ["duplicates"],
		staleTime: 5 * 60_000,
		refetchOnWindowFocus: false,
		initialPageParam: null as string | null,
		queryFn: ({ pageParam, signal }) => {
			const query = { limit: itemsPerRequest, ...(pageParam !== null && { cursor: pageParam }) };
			return bodyOf(api().GET("/items/duplicates", { params: { query }, signal }));
		},
		getNextPageParam: ({ next_cursor }) => next_cursor,
	});
	const { hasNextPage, isFetching, isError, fetchNextPage } = found;
	useEffect(() => {
		if (hasNextPage && !isFetching && !isError) void fetchNextPage();
	}, [hasNextPage, isFetching, isError, fetchNextPage]);
	const groups = useMemo(
		() => duplicateGroups(found.data?.pages.flatMap(({ pairs }) => pairs.map(({ item_ids }) => item_ids)) ?? []),
		[found.data],
	);
	const pages = found.data?.pages ?? [];
	return {
		groups,
		compared: pages.reduce((sum, { compared }) => sum + compared, 0),
		total: pages[0]?.total ?? 0,
		isComparing: found.isPending || hasNextPage,
		error: found.error,
		retry: () => void (found.data ? fetchNextPage() : found.refetch()),
	};
}

/** The items of the first groups, whole. Those that were put in the trash meanwhile are left out. */
export function useItemsOf(groups: readonly (readonly string[])[]) {
	const ids = groups.flat();
	return useQuery({
		queryKey: ["items", "whole", ids],
		enabled: ids.length > 0,
		placeholderData: keepPreviousData,
		queryFn: async ({ signal }) => {
			const whole = new Map<string, Item>();
			for (let at = 0; at < ids.length; at += maxIds) {
				const query = { ids: ids.slice(at, at + maxIds), fields: "full" } as const;
				const { items } = await bodyOf(api().GET("/items", { params: { query }, signal }));
				for (const item of items as Item[]) whole.set(item.id, item);
			}
			return whole;
		},
	});
}

interface Decision {
	kept: Item;
	others: readonly Item[];
}

/** Keeps one item of a group, with the tags of all, and puts the rest in the trash; all of it can be undone. */
export function useKeepOne() {
	const { t } = useLanguage();
	const client = useQueryClient();
	const onError = (error: Error) => toast(error.message, { tone: "danger" });
	const onSettled = (_data: unknown, _error: unknown, { kept, others }: Decision) =>
		refreshChanged(
			client,
			[kept, ...others].map(({ id }) => id),
		);

	const undoing = useMutation({
		mutationFn: async ({ kept, others, gained }: Decision & { gained: Gained }) => {
			await restore(others.map(({ id }) => id));
			if (gained.tags.length > 0) await batch([kept.id], { action: "untag", tags: gained.tags });
			if (gained.isFavorite) await batch([kept.id], { action: "unfavorite" });
		},
		onSuccess: (_, { others }) => toast(t("items.restored", { count: others.length })),
		onError,
		onSettled,
	});
	return useMutation({
		mutationFn: async ({ kept, others }: Decision) => {
			const gained = gainedBy(kept, others);
			if (gained.tags.length > 0) await batch([kept.id], { action: "tag", tags: gained.tags });
			if (gained.isFavorite) await batch([kept.id], { action: "favorite" });
			await trash(others.map(({ id }) => id));
			return gained;
		},
		onSuccess: (gained, decision) =>
			toast(t("items.trashed", { count: decision.others.length }), {
				action: { label: t("action.undo"), run: () => undoing.mutate({ ...decision, gained }) },
			}),
		onError,
		onSettled,
	});
}

interface Gained {
	tags: string[];
	isFavorite: boolean;
}

function gainedBy(kept: Item, others: readonly Item[]): Gained {
	const tags: string[] = [];
	for (const tag of others.flatMap((item) => item.tags)) {
		if (![...kept.tags, ...tags].some((each) => isSameTag(each, tag))) tags.push(tag);
	}
	return { tags, isFavorite: !kept.favorite && others.some(({ favorite }) => favorite) };
}
