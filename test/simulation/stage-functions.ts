import { randomUUID } from "node:crypto";
import type { Context, SQSEvent } from "aws-lambda";
import { analyzeItem } from "#core/pipeline/analyze-item.ts";
import { embedAgain, embedAnalysis } from "#core/pipeline/embed-analysis.ts";
import { analysisComplete, analysisRequested, embeddingRequested, imageProcessed } from "#core/pipeline/events.ts";
import { processImage } from "#core/pipeline/process-image.ts";
import { resizeItem } from "#core/pipeline/resize-item.ts";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import type { Ports } from "#core/ports/index.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";
import { imageTask } from "#lambdas/image-processor/image-task.ts";
import type { Message } from "./message-queues.ts";

/** Runs the stage's function on a message. Returns false where the message stays on its queue. */
export async function handleMessage(ports: Ports, message: Message, delay: Delay): Promise<boolean> {
	const handle = handlers[message.queue](ports, delay);
	const { batchItemFailures } = await handle(sqsEvent(message), {
		awsRequestId: randomUUID(),
		getRemainingTimeInMillis: () => stages[message.queue].timeout * 1000,
	} as Context);
	return batchItemFailures.length === 0;
}

type Handler = ReturnType<typeof queueHandler>;
type Delay = (receiptHandle: string, seconds: number) => Promise<void>;

/** Wires each stage as its handler.ts does. */
const handlers: Record<StageName, (ports: Ports, delay: Delay) => Handler> = {
	process: (ports, delay) =>
		queueHandler(
			"process",
			(event) => imageTask(event, ports.objects.bucket),
			(task, options) => ("request_id" in task ? resizeItem(ports, task, options) : processImage(ports, task, options)),
			delay,
		),
	analyze: (ports, delay) =>
		queueHandler(
			"analyze",
			({ "detail-type": type, detail }) =>
				type === "AnalysisRequested" ? analysisRequested.parse(detail) : imageProcessed.parse(detail),
			(event, options) => analyzeItem(ports, event, options),
			delay,
		),
	embed: (ports, delay) =>
		queueHandler(
			"embed",
			({ "detail-type": type, detail }) =>
				type === "EmbeddingRequested" ? embeddingRequested.parse(detail) : analysisComplete.parse(detail),
			(event, options) =>
				"request_id" in event ? embedAgain(ports, event, options) : embedAnalysis(ports, event, options),
			delay,
		),
};

function sqsEvent({ id, body, receives }: Message): SQSEvent {
	return {
		Records: [{ messageId: id, receiptHandle: id, body, attributes: { ApproximateReceiveCount: String(receives) } }],
	} as unknown as SQSEvent;
}
