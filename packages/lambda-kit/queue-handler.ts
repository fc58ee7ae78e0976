import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { z } from "zod";
import { ModelFailure, StageBusy, WorkDeferred } from "#core/errors.ts";
import { fairShareOf } from "#core/pipeline/fairness.ts";
import type { StageOptions, StageOutcome } from "#core/pipeline/run-stage.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import type { Deferral } from "#core/ports/index.ts";
import { hashUser, log } from "./log.ts";

/** The queue that a stage's function works off. */
export interface StageQueue {
	/** The maximum number of concurrent invocations. */
	concurrency: number;
	/** Shortens a failed message's visibility, so that it is delivered again after `seconds`. */
	delay(receiptHandle: string, seconds: number): Promise<void>;
	/** Sends a message of a group, which becomes visible after `seconds`. */
	send(body: string, group: string, seconds: number): Promise<void>;
}

/** The waits before the second, third and later delivery; without them a message waits six function timeouts. */
const retrySeconds = [30, 120, 600];

/** The sweeper restarts an item after this time, so that a longer wait would have no effect. */
const maxRetryAfterSeconds = 15 * 60;

/** A lease outlives the invocation that took it by this much. */
const leaseMarginSeconds = 5;

/** The time after a model's deadline to commit the stage's outcome. */
const commitMs = 4_000;
/** With less time a stage would only count an attempt. */
const minStageMs = 2_000;

/** Earlier messages of the batch took the invocation's time. */
class OutOfTime extends Error {
	override name = "OutOfTime";
	override message = "No time is left for this message: it will be retried.";
}

export const busEvent = z.object({
	source: z.string(),
	"detail-type": z.string(),
	detail: z.unknown(),
});
export type BusEvent = z.infer<typeof busEvent>;

interface StageEvent {
	item_id: string;
	user_id: string;
	correlation_id?: string;
}

/**
 * Makes a stage's Lambda handler. Each message is an EventBridge event, handled by itself; SQS delivers failed
 * ones again, and moves them to the dead letters after the fifth receive.
 */
export function queueHandler<T extends StageEvent>(
	stage: StageName,
	parse: (event: BusEvent) => T | null,
	run: (event: T, options: StageOptions) => Promise<StageOutcome>,
	queue: StageQueue,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
	return async ({ Records }, context) => {
		const batchItemFailures: { itemIdentifier: string }[] = [];
		for (const record of Records) {
			const started = Date.now();
			let correlationId: string | undefined;
			try {
				const event = parse(busEvent.parse(JSON.parse(record.body)));
				if (!event) continue;
				const leftMs = context.getRemainingTimeInMillis();
				if (leftMs < commitMs + minStageMs) throw new OutOfTime();
				let uploadToReady: number | undefined;
				let deferral: LoggedDeferral | undefined;
				correlationId = event.correlation_id;
				const work = run(event, {
					leaseSeconds: Math.ceil(leftMs / 1000) + leaseMarginSeconds,
					deadline: new Date(Date.now() + leftMs - commitMs),
					fairness: { fairShare: fairShareOf(queue.concurrency), grouped: isGrouped(record, event.user_id) },
					// An event of S3 has no correlation id.
					onClaimed: (item) => {
						correlationId = item.correlationId;
					},
					onReady: ({ createdAt }) => {
						uploadToReady = (Date.now() - createdAt.getTime()) / 1000;
					},
				});
				const outcome = await work.catch(async (error) => {
					if (!(error instanceof WorkDeferred)) throw error;
					deferral = await defer(record, error.deferral, event.user_id, queue);
					return "deferred";
				});
				const duration = Date.now() - started;
				const worked = outcome === "committed" || outcome === "failed";
				log.info(
					"stage",
					{
						outcome,
						request_id: context.awsRequestId,
						correlation_id: correlationId,
						item_id: event.item_id,
						user: hashUser(event.user_id),
						duration_ms: duration,
						...deferral,
					},
					{
						Stage: stage,
						metrics: {
							StageDuration: worked ? duration : undefined,
							StageFailures: outcome === "failed" ? 1 : undefined,
							UploadToReady: uploadToReady,
						},
					},
				);
			} catch (error) {
				const isExpected = error instanceof StageBusy || error instanceof OutOfTime;
				const write = isExpected ? log.info : log.error;
				write(
					"stage failed, will be retried",
					{
						error,
						request_id: context.awsRequestId,
						correlation_id: correlationId,
						message_id: record.messageId,
						receive_count: record.attributes.ApproximateReceiveCount,
						duration_ms: Date.now() - started,
					},
					{
						Stage: stage,
						metrics: { StageRetries: isExpected ? undefined : 1 },
					},
				);
				batchItemFailures.push({ itemIdentifier: record.messageId });
				await retrySoon(record, error, queue);
			}
		}
		return { batchItemFailures };
	};
}

/** S3's own event names its person only within a key, which is the group of its message. */
const isGrouped = ({ attributes }: SQSRecord, userId: string) => attributes.MessageGroupId === userId;

interface LoggedDeferral extends Pick<Deferral, "reason" | "held"> {
	waited_seconds: number;
	deferred_seconds: number;
}

/**
 * Sends a message to the end of the queue, in its person's group. One that stayed instead would come nearer to the dead
 * letters at each receive.
 */
async function defer(
	record: SQSRecord,
	{ reason, held, waitedSeconds, seconds }: Deferral,
	userId: string,
	queue: StageQueue,
): Promise<LoggedDeferral> {
	await queue.send(record.body, userId, seconds);
	return { reason, held, waited_seconds: Math.round(waitedSeconds), deferred_seconds: seconds };
}

/** Makes a failed message visible again soon: the sooner, the fewer receives it has. */
export async function retrySoon(record: SQSRecord, cause: unknown, { delay }: Pick<StageQueue, "delay">) {
	const receives = Number(record.attributes.ApproximateReceiveCount);
	try {
		await delay(record.receiptHandle, secondsUntilRetry(receives, cause));
	} catch (error) {
		// The message then comes again after the queue's own visibility timeout.
		log.warn("visibility not shortened", { error });
	}
}

function secondsUntilRetry(receives: number, cause: unknown): number {
	if (cause instanceof StageBusy) return cause.retryAfterSeconds;
	if (cause instanceof OutOfTime) return 1;
	const backoff = retrySeconds[Math.min(receives, retrySeconds.length) - 1] ?? 30;
	const requested = cause instanceof ModelFailure ? cause.retryAfterSeconds : null;
	return Math.max(backoff, Math.min(requested ?? 0, maxRetryAfterSeconds));
}
