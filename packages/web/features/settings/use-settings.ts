import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { byDay } from "./usage-days.ts";

type Me = Schemas["Me"];

/** The settings that the API has of the person: dates in answers are meant in their time zone. */
export function useMe() {
	return useQuery({ queryKey: ["me"], queryFn: ({ signal }) => bodyOf(api().GET("/me", { signal })) });
}

export function useChangeMe() {
	const client = useQueryClient();
	return useMutation({
		mutationFn: (body: Partial<Pick<Me, "language" | "time_zone">>) => bodyOf(api().PATCH("/me", { body })),
		onSuccess: (me) => client.setQueryData<Me>(["me"], me as Me),
	});
}

/** The last thirty days, those without a call included. */
export function useUsage() {
	return useQuery({
		queryKey: ["usage"],
		queryFn: async ({ signal }) => {
			const usage = await bodyOf(api().GET("/usage", { signal }));
			return { ...usage, byDay: byDay(usage) };
		},
	});
}
