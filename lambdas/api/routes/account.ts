import { z } from "@hono/zod-openapi";
import { deleteAccount, deletionPhrase } from "#core/people/delete-account.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody } from "../http/routing.ts";
import { routes } from "./table.ts";

/** The rest of a large account is left to the sweeper. */
const maxDeletionMs = 15_000;

const remove = guarded(routes.deleteAccount, {
	tags: ["Account"],
	summary: "Delete your account and everything in it",
	description:
		"Items with their files, albums, tags, shares, chats, your profile and your sign-in: at once, for good, and without a way back. Tokens that are still valid are refused from then on, but for this call, which may be repeated. The same address can sign up again, as another person.",
	request: {
		query: noQuery,
		body: requiredBody(
			z.strictObject({
				confirm: z.literal(deletionPhrase, { error: `Must be "${deletionPhrase}", which confirms that you mean it` }),
			}),
		),
	},
	responses: {
		200: json("Everything is gone.", z.object({ status: z.literal("deleted") })),
		202: json(
			"The account is closed, and the rest of it goes within minutes.",
			z.object({ status: z.literal("deleting") }),
		),
	},
});

/** Serves the way out. */
export const register: RegisterRoutes = (app, ports) => {
	app.openapi(remove, async (c) => {
		const userId = c.get("userId");
		const about = { user: hashUser(userId), request_id: c.get("requestId") };
		const isDone = await deleteAccount(ports, userId, {
			deadline: new Date(Date.now() + maxDeletionMs),
			onFailure: (error) => log.error("the deletion of an account is left to the sweeper", { ...about, error }),
		});
		log.info("account deleted", { ...about, is_done: isDone });
		return isDone ? c.json({ status: "deleted" as const }, 200) : c.json({ status: "deleting" as const }, 202);
	});
};
