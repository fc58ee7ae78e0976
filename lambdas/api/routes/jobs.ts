import { z } from "@hono/zod-openapi";
import { visionProviders } from "#ai/providers.ts";
import { resolveAlbum } from "#core/albums/smart-items.ts";
import { archiveDays } from "#core/archive/archive.ts";
import { AppError, jobNotFound } from "#core/errors.ts";
import { itemId } from "#core/input-fields.ts";
import { filterOf, itemFilterFields } from "#core/items/filter-fields.ts";
import { type BatchActionName, batchActionNames, batchActions } from "#core/jobs/batch-actions.ts";
import { batchItems, maxAtOnce } from "#core/jobs/batch-items.ts";
import { hasEnded, type Job, maxJobItems } from "#core/jobs/job.ts";
import { wake } from "#core/jobs/start-job.ts";
import type { RouteClass } from "#core/limits/limits.ts";
import { problem } from "../http/error-responses.ts";
import type { Charge, RateLimiter } from "../http/rate-limiter.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, idOf, idParams, json, noQuery, requiredBody, wholeNumber } from "../http/routing.ts";
import { failedItemSchema, jobSchema, presentFailure, presentJob } from "../presenters/job.ts";
import { urlLifetimeSeconds } from "../presenters/thumbnail.ts";
import { routes } from "./table.ts";

const tags = ["Batches"];

/** As many as a body holds. */
const maxIds = 1_000;

const common = {
	ids: z
		.array(itemId)
		.min(1, { error: "Must have an id" })
		.max(maxIds, { error: `Must have at most ${maxIds} ids: send a filter, or several batches` })
		.optional(),
	filter: itemFilterFields.optional().openapi({ description: "The filters of GET /items; {} means every item." }),
};

/** The body of one action; its argument's fields are those that its type does not name. */
type Body = z.ZodObject<{ action: z.ZodLiteral<BatchActionName> } & typeof common, z.core.$strict>;
const bodies = batchActionNames.map((action) =>
	z.strictObject({ action: z.literal(action), ...common, ...batchActions[action].argument.shape }),
) as unknown as [Body, ...Body[]];

/** Only the analyzer knows which of them have a key. */
const isKnownProvider = ({ provider }: Record<string, unknown>) =>
	provider == null || (visionProviders as readonly unknown[]).includes(provider);

const batchBody = z
	.discriminatedUnion("action", bodies, { error: `Must be one of ${batchActionNames.join(", ")}` })
	.refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
		error: "Must have either ids or filter",
		path: ["ids"],
	})
	.refine(({ action, ...argument }) => action !== "analyze" || isKnownProvider(argument), {
		error: `Must be one of ${visionProviders.join(", ")}`,
		path: ["provider"],
	})
	.openapi("BatchRequest", {
		example: { action: "tag", tags: ["holiday"], ids: ["0d3f6c1e-5f0a-4c53-9b7e-2f1a8c7d4e60"] },
	});

/** Ten items take as much from the limit as one request. */
const itemsPerUnit = 10;

function chargeOf(body: unknown): Charge {
	const { ids } = (body ?? {}) as { ids?: unknown };
	const items = Array.isArray(ids) ? Math.min(ids.length, maxAtOnce) : maxAtOnce;
	return { routeClass: routes.batchItems.limit, units: Math.max(1, Math.ceil(items / itemsPerUnit)) };
}

const batch = guarded(
	routes.batchItems,
	{
		tags,
		summary: "Do one thing to many items",
		description: `Up to ${maxAtOnce} items at once, more (at most ${maxJobItems}, by a filter) by a job. \`analyze\` takes one request of the class \`expensive\` an item: where your limit has not as many left, a job does it as the limit allows. Each ten items count as one request of the class \`write\`. An id that is no item of yours is among \`failed\`; where none is one, the answer is 404.`,
		request: { query: noQuery, body: requiredBody(batchBody) },
		responses: {
			200: json(
				"It is done.",
				z
					.object({ done: z.int().openapi({ description: "Items." }), failed: z.array(failedItemSchema) })
					.openapi("BatchResult"),
			),
			202: {
				...json("A job does it: `Location` has its state.", jobSchema),
				headers: { Location: { description: "The job's address.", schema: { type: "string" as const } } },
			},
			404: problem("There is no album of this id, or none of the ids is an item of yours."),
			409: problem("The album is a smart album: its items are those that its search finds."),
		},
	},
	chargeOf,
);

const get = guarded(routes.getJob, {
	tags,
	summary: "The state of a job",
	description: "A job is kept for 30 days after its end.",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The job.", jobSchema) },
});

/** A signed URL has 1 to 2 KB. */
const maxParts = 100;

const listParts = guarded(routes.listJobParts, {
	tags,
	summary: "The parts of the archive that a job made",
	description:
		"None before the job is done, and of a job that makes no archive. A URL reads its part for an hour, by ranges, too: ask again for another. Joined in this order, without the 1,024 zeros that end each, the parts are one tar file.",
	request: {
		params: idParams,
		query: z.strictObject({ limit: wholeNumber(1, maxParts, maxParts), offset: wholeNumber(0, 1_000_000, 0) }),
	},
	responses: {
		200: json(
			"The parts.",
			z
				.object({
					parts: z.array(
						z
							.object({
								name: z.string().openapi({ example: "items-000000.tar" }),
								size: z.int().openapi({ description: "Bytes." }),
								sha256: z.string(),
								url: z.url(),
							})
							.openapi("JobPart"),
					),
					total: z.int(),
				})
				.openapi("JobParts"),
		),
		410: problem("The archive has expired, or a later export replaced it."),
	},
});

const change = guarded(routes.changeJob, {
	tags,
	summary: "Pause a job, or let it go on",
	request: {
		params: idParams,
		query: noQuery,
		body: requiredBody(z.strictObject({ state: z.enum(["paused", "running"]) })),
	},
	responses: { 200: json("The job.", jobSchema), 409: problem("The job has ended: it neither pauses nor goes on.") },
});

const cancel = guarded(routes.cancelJob, {
	tags,
	summary: "Cancel a job; what is done stays",
	description: "A job that is canceled already stays so.",
	request: { params: idParams, query: noQuery },
	responses: { 200: json("The job.", jobSchema), 409: problem("The job has ended: nothing is left to cancel.") },
});

/** Serves batches and the jobs that large ones become. */
export const register: RegisterRoutes = (app, ports, { limits }) => {
	/** Takes requests from the person's limits, all or none. They hold no slot: the stages bound what runs at once. */
	const takeFrom = (limiter: RateLimiter, userId: string) => async (routeClass: RouteClass, units: number) => {
		if (units > limits.requestsPerMinute[routeClass]) return false;
		const answer = await limiter.take(userId, { routeClass, units });
		if (!answer) return true;
		const { limit, taken } = answer;
		if (taken.allowed && taken.slot) await limiter.release(userId, limit, taken.slot);
		return taken.allowed;
	};

	app.openapi(batch, async (c) => {
		const userId = c.get("userId");
		const { action, ids, filter, ...argument } = c.req.valid("json");
		const items = ids ? { ids } : { filter: await resolveAlbum(ports, userId, filterOf(filter ?? {})) };
		const result = await batchItems(ports, userId, { action, argument, items }, takeFrom(c.get("limiter"), userId));
		if ("job" in result) {
			c.header("location", `/jobs/${result.job.id}`);
			return c.json(await presentJob(ports, result.job), 202);
		}
		return c.json({ done: result.done.length, failed: result.failed.map(presentFailure) }, 200);
	});

	app.openapi(get, async (c) => {
		const id = idOf(c.req.valid("param").id, jobNotFound);
		const job = await ports.jobs.find(c.get("userId"), id);
		if (!job) throw jobNotFound(id);
		return c.json(await presentJob(ports, job), 200);
	});

	app.openapi(listParts, async (c) => {
		const id = idOf(c.req.valid("param").id, jobNotFound);
		const job = await ports.jobs.find(c.get("userId"), id);
		if (!job) throw jobNotFound(id);
		const parts = job.state === "done" ? await ports.archives.parts(job.userId, id) : [];
		if (job.resultKey && (parts.length === 0 || isExpired(job))) {
			throw new AppError(
				"export_expired",
				`The archive of the job ${id} is gone after ${archiveDays} days, or since a later export: start another (POST /account/export).`,
			);
		}
		const { limit, offset } = c.req.valid("query");
		const shown = parts.slice(offset, offset + limit).map(async ({ name, size, sha256, key }) => ({
			name,
			size,
			sha256,
			url: await ports.objects.presignGet(key, urlLifetimeSeconds),
		}));
		return c.json({ parts: await Promise.all(shown), total: parts.length }, 200);
	});

	app.openapi(change, async (c) => {
		const id = idOf(c.req.valid("param").id, jobNotFound);
		const isPaused = c.req.valid("json").state === "paused";
		const job = await ports.jobs.pause(c.get("userId"), id, isPaused);
		if (!job) throw jobNotFound(id);
		if (hasEnded(job)) throw jobEnded(job);
		if (!isPaused) await wake(ports, job);
		return c.json(await presentJob(ports, job), 200);
	});

	app.openapi(cancel, async (c) => {
		const id = idOf(c.req.valid("param").id, jobNotFound);
		const job = await ports.jobs.cancel(c.get("userId"), id);
		if (!job) throw jobNotFound(id);
		if (job.state !== "canceled") throw jobEnded(job);
		return c.json(await presentJob(ports, job), 200);
	});
};

/** The bucket removes objects once a day. */
const isExpired = ({ finishedAt }: Job) => (finishedAt?.getTime() ?? 0) < Date.now() - archiveDays * 86_400_000;

const jobEnded = ({ id, state }: Job) => new AppError("job_ended", `The job ${id} has ended: it is ${state}.`);
