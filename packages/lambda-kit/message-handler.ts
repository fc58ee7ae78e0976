import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { log } from "./log.ts";
import { retrySoon, type StageQueue } from "./queue-handler.ts";

interface Invocation {
	context: Context;
	/** When the work on this message began, in milliseconds of Unix time. */
	started: number;
	/** Fields that name the message in each line of the log. */
	about: { request_id: string; message_id: string };
}

/**
 * Makes a Lambda handler that works off each message of a batch by itself. SQS delivers failed ones again.
 * @param name of the work, in the log's line about a failure
 */
export function messageHandler(
	name: string,
	queue: Pick<StageQueue, "delay">,
	work: (record: SQSRecord, invocation: Invocation) => Promise<void>,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
	return async ({ Records }, context) => {
		const batchItemFailures: { itemIdentifier: string }[] = [];
		for (const record of Records) {
			const started = Date.now();
			const about = { request_id: context.awsRequestId, message_id: record.messageId };
			try {
				await work(record, { context, started, about });
			} catch (error) {
				log.error(`${name} failed, will be retried`, { error, ...about, duration_ms: Date.now() - started });
				batchItemFailures.push({ itemIdentifier: record.messageId });
				await retrySoon(record, error, queue);
			}
		}
		return { batchItemFailures };
	};
}
