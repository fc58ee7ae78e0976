import { jobDueEvent } from "#core/jobs/job.ts";
import type { JobPorts } from "#core/jobs/kinds.ts";
import { runSlice } from "#core/jobs/run-slice.ts";
import type { Limits } from "#core/limits/limits.ts";
import { eventSources } from "#core/pipeline/stages.ts";
import { hashUser, log } from "#lambda-kit/log.ts";
import { messageHandler } from "#lambda-kit/message-handler.ts";
import type { StageQueue } from "#lambda-kit/queue-handler.ts";

/** A slice begins no step after it: then it is another person's turn. */
const sliceMs = 10_000;
/** A lease outlives the invocation that took it by this much. */
const leaseMarginSeconds = 5;
/** SQS delays a message no longer. */
const maxDelaySeconds = 15 * 60;

/**
 * Makes the function's handler. A message is a slice, whoever it names: the database knows whose turn it is. A person with
 * more work gets the next message after the slice.
 */
export function sliceHandler(
	ports: JobPorts,
	queue: Pick<StageQueue, "delay" | "send">,
	limits: Limits,
): ReturnType<typeof messageHandler> {
	async function wakeLater(userId: string): Promise<void> {
		const next = await ports.jobs.next(userId);
		if (!next) return;
		const { type, detail } = jobDueEvent({ userId, id: next.jobId }, Date.now());
		const message = JSON.stringify({ source: eventSources.api, "detail-type": type, detail });
		await queue.send(message, userId, Math.min(next.seconds, maxDelaySeconds));
	}

	return messageHandler("job slice", queue, async (_, { context, about, started }) => {
		const slice = await runSlice(ports, {
			leaseSeconds: Math.ceil(context.getRemainingTimeInMillis() / 1000) + leaseMarginSeconds,
			deadline: new Date(started + sliceMs),
			limits,
		});
		if (!slice) return;
		const { job, ...result } = slice;
		await wakeLater(job.userId);
		log.info("job slice", {
			...about,
			...result,
			job_id: job.id,
			kind: job.kind,
			user: hashUser(job.userId),
			duration_ms: Date.now() - started,
		});
	});
}
