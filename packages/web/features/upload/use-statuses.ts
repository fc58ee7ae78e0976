import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, bodyOf } from "#web/app/api.ts";
import { type GridItem, gridItemOf, isSettled } from "#web/features/library/grid-item.ts";
import { refreshItems } from "#web/features/library/use-items.ts";

const pollMs = { first: 1_000, max: 12_000 };

/** The states of items that were uploaded just now: all in one request, the rarer the longer it takes. */
export function useStatuses(ids: readonly string[]): ReadonlyMap<string, GridItem> {
	const client = useQueryClient();
	const query = useQuery({
		queryKey: ["statuses", ids],
		enabled: ids.length > 0,
		staleTime: 0,
		queryFn: async ({ signal }) => {
			const query = { ids: [...ids], fields: "full" as const };
			const { items } = await bodyOf(api().GET("/items", { params: { query }, signal }));
			return new Map(items.map((item) => [item.id, gridItemOf(item)]));
		},
		placeholderData: (former) => former,
		refetchInterval: ({ state }) => {
			const settled = [...(state.data?.values() ?? [])].filter(isSettled).length;
			if (settled >= ids.length) return false;
			return Math.min(pollMs.first * 1.2 ** state.dataUpdateCount, pollMs.max);
		},
	});
	const states = query.data;
	const settled = [...(states?.values() ?? [])].filter(isSettled).length;
	// The grid shows what became ready.
	useEffect(() => {
		if (settled > 0) void refreshItems(client);
	}, [client, settled]);
	return states ?? new Map();
}
