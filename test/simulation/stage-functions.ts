import { randomUUID } from "node:crypto";
import type { Context, SQSEvent } from "aws-lambda";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import type { Ports } from "#core/ports/index.ts";
import type { queueHandler, StageQueue } from "#lambda-kit/queue-handler.ts";
import { analyzeStage } from "#lambdas/analyzer/analyze-stage.ts";
import { embedStage } from "#lambdas/embedder/embed-stage.ts";
import { processStage } from "#lambdas/image-processor/process-stage.ts";
import type { Message } from "./message-queues.ts";

/** Runs the stage's function on a message. Returns false where the message stays on its queue. */
export async function handleMessage(ports: Ports, message: Message, queue: StageQueue): Promise<boolean> {
	const handle = handlers[message.queue](ports, queue);
	const { batchItemFailures } = await handle(sqsEvent(message), {
		awsRequestId: randomUUID(),
		getRemainingTimeInMillis: () => stages[message.queue].timeout * 1000,
	} as Context);
	return batchItemFailures.length === 0;
}

type Handler = ReturnType<typeof queueHandler>;

const handlers: Record<StageName, (ports: Ports, queue: StageQueue) => Handler> = {
	process: (ports, queue) => processStage(ports, ports.objects.bucket, queue),
	analyze: analyzeStage,
	embed: embedStage,
};

function sqsEvent({ id, body, group, receives }: Message): SQSEvent {
	const attributes = { ApproximateReceiveCount: String(receives), ...(group && { MessageGroupId: group }) };
	return { Records: [{ messageId: id, receiptHandle: id, body, attributes }] } as unknown as SQSEvent;
}
