import { z } from "@hono/zod-openapi";
import { type FailedItem, type Job, jobStates } from "#core/jobs/job.ts";
import type { Ports } from "#core/ports/index.ts";
import { urlLifetimeSeconds } from "./thumbnail.ts";

export const failedItemSchema = z
	.object({ id: z.uuid(), code: z.string(), detail: z.string().openapi({ description: "The reason, a sentence." }) })
	.openapi("FailedItem");

export const jobSchema = z
	.object({
		id: z.uuid(),
		kind: z.string().openapi({ example: "batch" }),
		state: z.enum(jobStates),
		total: z.int().openapi({ description: "Items of the job." }),
		done: z.int(),
		failed: z.int(),
		failures: z
			.array(failedItemSchema)
			.openapi({ description: "The first 100 items that failed, each with its reason." }),
		result_url: z
			.url()
			.nullable()
			.openapi({ description: "Reads for an hour what the job made; null where it makes nothing." }),
		error: z.object({ code: z.string(), detail: z.string() }).nullable().openapi({
			description: "Why the job as a whole failed.",
		}),
		created_at: z.iso.datetime(),
		finished_at: z.iso.datetime().nullable(),
	})
	.openapi("Job");

export const presentFailure = ({ itemId, code, detail }: FailedItem): z.infer<typeof failedItemSchema> => ({
	id: itemId,
	code,
	detail,
});

const maxFailures = 100;

/** Converts a job to the form that clients see. */
export async function presentJob(
	{ jobs, objects }: Pick<Ports, "jobs" | "objects">,
	job: Job,
): Promise<z.infer<typeof jobSchema>> {
	return {
		id: job.id,
		kind: job.kind,
		state: job.state,
		total: job.total,
		done: job.done,
		failed: job.failed,
		failures: job.failed > 0 ? (await jobs.failures(job.userId, job.id, maxFailures)).map(presentFailure) : [],
		result_url: job.resultKey && (await objects.presignGet(job.resultKey, urlLifetimeSeconds)),
		error: job.error,
		created_at: job.createdAt.toISOString(),
		finished_at: job.finishedAt?.toISOString() ?? null,
	};
}
