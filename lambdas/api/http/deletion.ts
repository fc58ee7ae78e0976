import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppError } from "#core/errors.ts";
import type { GuardedRoute } from "../routes/table.ts";
import type { ApiEnv } from "./api-env.ts";
import { guarded, idOf, idParams, json, noQuery } from "./routing.ts";

/** Describes a route that deletes what the id in its path names. */
export const deletion = <const R extends GuardedRoute>(route: R, about: { tags: string[]; summary: string }) =>
	guarded(route, {
		...about,
		request: { params: idParams, query: noQuery },
		responses: { 200: json("It is gone.", z.object({ status: z.literal("deleted"), id: z.uuid() })) },
	});

type DeletionContext = Context<ApiEnv, string, { in: object; out: { param: z.infer<typeof idParams> } }>;

/**
 * Makes the handler of such a route.
 * @param remove deletes what the id names. @returns false where the person has no such thing
 */
export function deleteById(
	remove: (userId: string, id: string) => Promise<boolean>,
	notFound: (id: string) => AppError,
) {
	return async (c: DeletionContext) => {
		const id = idOf(c.req.valid("param").id, notFound);
		if (!(await remove(c.get("userId"), id))) throw notFound(id);
		return c.json({ status: "deleted" as const, id }, 200);
	};
}
