import { randomUUID } from "node:crypto";
import type { Context, SQSEvent } from "aws-lambda";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import type { Ports } from "#core/ports/index.ts";
import type { DelayMessage, queueHandler } from "#lambda-kit/queue-handler.ts";
import { analyzeStage } from "#lambdas/analyzer/analyze-stage.ts";
import { embedStage } from "#lambdas/embedder/embed-stage.ts";
import { processStage } from "#lambdas/image-processor/process-stage.ts";
import type { Message } from "./message-queues.ts";

/** Runs the stage's function on a message. Returns false where the message stays on its queue. */
export async function handleMessage(ports: Ports, message: Message, delay: DelayMessage): Promise<boolean> {
	const handle = handlers[message.queue](ports, delay);
	const { batchItemFailures } = await handle(sqsEvent(message), {
		awsRequestId: randomUUID(),
		getRemainingTimeInMillis: () => stages[message.queue].timeout * 1000,
	} as Context);
	return batchItemFailures.length === 0;
}

type Handler = ReturnType<typeof queueHandler>;

const handlers: Record<StageName, (ports: Ports, delay: DelayMessage) => Handler> = {
	process: (ports, delay) => processStage(ports, ports.objects.bucket, delay),
	analyze: analyzeStage,
	embed: embedStage,
};

function sqsEvent({ id, body, receives }: Message): SQSEvent {
	return {
		Records: [{ messageId: id, receiptHandle: id, body, attributes: { ApproximateReceiveCount: String(receives) } }],
	} as unknown as SQSEvent;
}
