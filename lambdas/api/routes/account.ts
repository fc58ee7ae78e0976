import { z } from "@hono/zod-openapi";
import { archiveDays } from "#core/archive/archive.ts";
import { startExport } from "#core/archive/start-export.ts";
import { deleteAccount, deletionPhrase } from "#core/people/delete-account.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { problem } from "../http/error-responses.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody } from "../http/routing.ts";
import { jobSchema, presentJob } from "../presenters/job.ts";
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

const exportAll = guarded(routes.exportAccount, {
	tags: ["Account"],
	summary: "Export everything you have",
	description: `A job makes an archive: each picture as you sent it, every version of its analysis, your edits, tags, albums, favourites and trash, embeddings with their model, and chats. Its parts are tar files, which \`GET /jobs/{id}/parts\` lists once the job is done; \`result_url\` is the manifest with size and SHA-256 of everything. The command line (\`collections export\`) does all of this, joins the parts and verifies them. An archive is kept for ${archiveDays} days, or until your next export. Nothing that you delete leaves an archive that was made before.`,
	request: { query: noQuery },
	responses: {
		202: {
			...json("A job makes it: `Location` has its state.", jobSchema),
			headers: { Location: { description: "The job's address.", schema: { type: "string" as const } } },
		},
		409: problem("An export of yours is running: `Location` is its job."),
	},
});

/** Serves the ways out. */
export const register: RegisterRoutes = (app, ports) => {
	app.openapi(exportAll, async (c) => {
		const job = await startExport(ports, c.get("userId"));
		c.header("location", `/jobs/${job.id}`);
		return c.json(await presentJob(ports, job), 202);
	});

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
