import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { toast } from "#web/ui/toasts.ts";
import type { ReviewMode } from "./review-state.ts";

export type ReviewItem = Schemas["GoldenItems"]["items"][number];
export type Analysis = Schemas["Analysis"];
export type GoldenEntry = Schemas["GoldenEntry"];
export type ComparedField = Schemas["GoldenComparison"]["field_type"];

/** The API compares so many texts, of so many characters together. */
const maxValues = 10;
const maxCharacters = 5_000;

/** The item at a place of the list; undefined behind its end. */
export function useReviewItem(mode: ReviewMode, at: number) {
	return useQuery({
		queryKey: ["review", mode, at],
		placeholderData: keepPreviousData,
		queryFn: async ({ signal }) => {
			const query = { review_mode: mode, limit: 1, offset: at };
			const { items, total } = await bodyOf(api().GET("/golden-dataset/items", { params: { query }, signal }));
			return { item: items[0], total };
		},
	});
}

export const useReviewProgress = () =>
	useQuery({
		queryKey: ["review", "status"],
		queryFn: ({ signal }) => bodyOf(api().GET("/golden-dataset/status", { signal })),
	});

/** The entry that was saved before; null where there is none. */
export function useEntry(item: ReviewItem) {
	const path = { params: { path: { item_id: item.item_id } } };
	return useQuery({
		queryKey: ["review", "entry", item.item_id],
		enabled: item.has_golden,
		queryFn: async ({ signal }) =>
			(await bodyOf(api().GET("/golden-dataset/entry/{item_id}", { ...path, signal }))).entry,
	});
}

/** How much each version's text agrees with all of them, 0 to 1; undefined while that is unknown. */
export function useAgreement(item: ReviewItem, field_type: ComparedField, texts: readonly string[]) {
	const share = Math.floor(maxCharacters / Math.max(1, Math.min(maxValues, texts.length)));
	const values = texts.slice(0, maxValues).map((text) => text.slice(0, share));
	return useQuery({
		queryKey: ["review", "agreement", item.item_id, field_type, values],
		enabled: values.length > 1,
		staleTime: Number.POSITIVE_INFINITY,
		queryFn: async ({ signal }) => {
			const body = { item_id: item.item_id, field_type, values };
			const { similarity_matrix } = await bodyOf(api().POST("/golden-dataset/compare", { body, signal }));
			return similarity_matrix.map((row) => row.reduce((sum, each) => sum + each, 0) / row.length);
		},
	}).data;
}

export function useSaveEntry() {
	const { t } = useLanguage();
	const client = useQueryClient();
	return useMutation({
		mutationFn: (body: Schemas["GoldenEntryInput"]) => bodyOf(api().POST("/golden-dataset/save", { body })),
		onSuccess: ({ total_golden_count }) => toast(t("review.saved", { count: total_golden_count })),
		onSettled: () => client.invalidateQueries({ queryKey: ["review"] }),
	});
}
