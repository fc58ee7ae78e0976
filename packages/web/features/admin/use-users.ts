import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { byDay } from "#web/features/settings/usage-days.ts";

export type ListedUser = Schemas["ListedUser"];

const listKey = ["admin", "users"];
const userKey = (sub: string) => ["admin", "user", sub];

/** The people who can sign in, page by page. */
export function useUsers() {
	return useInfiniteQuery({
		queryKey: listKey,
		queryFn: ({ signal, pageParam: cursor }) =>
			bodyOf(api().GET("/admin/users", { signal, params: { query: cursor ? { cursor } : {} } })),
		initialPageParam: "",
		getNextPageParam: ({ next_cursor }) => next_cursor,
	});
}

/** One of them, with their tier. */
export function useUser(sub: string) {
	return useQuery({
		queryKey: userKey(sub),
		queryFn: ({ signal }) => bodyOf(api().GET("/admin/users/{sub}", { signal, params: { path: { sub } } })),
	});
}

export function useChangeUser(sub: string) {
	const client = useQueryClient();
	return useMutation({
		mutationFn: (body: Schemas["UserChanges"]) =>
			bodyOf(api().PATCH("/admin/users/{sub}", { params: { path: { sub } }, body })),
		onSuccess: (user) => {
			client.setQueryData(userKey(sub), user);
			return client.invalidateQueries({ queryKey: listKey });
		},
	});
}

/** The use of models by everybody in the last thirty days, and the people who use most. */
export function useEverybodysUsage() {
	return useInfiniteQuery({
		queryKey: ["admin", "usage"],
		queryFn: async ({ signal, pageParam: cursor }) => {
			const query = { limit: 10, ...(cursor && { cursor }) };
			const usage = await bodyOf(api().GET("/admin/usage", { signal, params: { query } }));
			return { ...usage, byDay: byDay(usage) };
		},
		initialPageParam: "",
		getNextPageParam: ({ next_cursor }) => next_cursor,
	});
}
