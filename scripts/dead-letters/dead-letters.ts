import { setTimeout as sleep } from "node:timers/promises";
import {
	DeleteMessageCommand,
	GetQueueAttributesCommand,
	GetQueueUrlCommand,
	ListDeadLetterSourceQueuesCommand,
	ListMessageMoveTasksCommand,
	type Message,
	ReceiveMessageCommand,
	SendMessageCommand,
	SQSClient,
	StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { invokeFunction } from "#deployment/invoke-function.ts";
import { isRotation, rotation } from "#lambdas/migrate/schedule.ts";
import { output } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";

/** A dead-letter queue. */
interface DeadLetters {
	url: string;
	/** The last part of its address. */
	name: string;
	arn: string;
	/** The approximate number of messages. */
	count: number;
}

/** Long polling queries all of SQS's servers; short polling asks a few, and may find none of the messages. */
const longPollSeconds = 1;

/** Lists the environment's dead-letter queues. */
export async function deadLetters(target: Target): Promise<DeadLetters[]> {
	const sqs = new SQSClient(target.client);
	const rotations = await output(target, "FailedRotationQueueUrl");
	const urls = [...(await output(target, "DeadLetterQueueUrls")).split(","), rotations];
	return Promise.all(
		urls.map(async (url) => {
			const { Attributes } = await sqs.send(
				new GetQueueAttributesCommand({
					QueueUrl: url,
					AttributeNames: ["QueueArn", "ApproximateNumberOfMessages"],
				}),
			);
			return {
				url,
				name: url.split("/").at(-1) ?? url,
				arn: Attributes?.QueueArn ?? "",
				count: Number(Attributes?.ApproximateNumberOfMessages),
			};
		}),
	);
}

/** Reads a few messages without removing them. */
export async function sample(target: Target, { url }: DeadLetters): Promise<Message[]> {
	const { Messages = [] } = await new SQSClient(target.client).send(
		new ReceiveMessageCommand({
			QueueUrl: url,
			MaxNumberOfMessages: 5,
			VisibilityTimeout: 0,
			WaitTimeSeconds: longPollSeconds,
			MessageAttributeNames: ["All"],
		}),
	);
	return Messages;
}

/** Retries every message of a queue. @returns a phrase that says what was done */
export async function redrive(target: Target, queue: DeadLetters): Promise<string> {
	const sqs = new SQSClient(target.client);
	const { queueUrls = [] } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: queue.url }));
	return queueUrls.length > 0 ? moveBack(sqs, queue) : resend(target, sqs, queue);
}

/** Moves a stage's failed messages back to its queue, by SQS's own redrive. */
async function moveBack(sqs: SQSClient, { arn }: DeadLetters): Promise<string> {
	await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn }));
	for (;;) {
		const { Results = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 1 }));
		const [task] = Results;
		if (task?.Status === "FAILED" || task?.Status === "CANCELLED") {
			throw new Error(
				`SQS moved ${task.ApproximateNumberOfMessagesMoved ?? 0} messages of ${arn} and stopped (${task.Status}: ${task.FailureReason ?? "no reason given"}): run this command again.`,
			);
		}
		if (task?.Status === "COMPLETED") {
			return `${task.ApproximateNumberOfMessagesMoved} moved back to the stage's queue`;
		}
		await sleep(1_000);
	}
}

/**
 * Resends events that EventBridge could not deliver, and makes up for failed asynchronous invocations: SQS's redrive
 * takes neither. EventBridge writes the target into the message; where that is no queue, one run of the function does the
 * work of all its missed runs. A message is deleted only after its retry was accepted, so that none is lost.
 */
async function resend(target: Target, sqs: SQSClient, { url }: DeadLetters): Promise<string> {
	let sent = 0;
	let missedCleanups = 0;
	let missedRotations = 0;
	for (;;) {
		const { Messages = [] } = await sqs.send(
			new ReceiveMessageCommand({
				QueueUrl: url,
				MaxNumberOfMessages: 10,
				VisibilityTimeout: 120,
				WaitTimeSeconds: longPollSeconds,
				MessageAttributeNames: ["All"],
			}),
		);
		if (Messages.length === 0) break;
		for (const { Body = "", ReceiptHandle, MessageAttributes } of Messages) {
			const queue = /^arn:[^:]+:sqs:[^:]+:[^:]+:(.+)$/.exec(MessageAttributes?.TARGET_ARN?.StringValue ?? "")?.[1];
			if (queue) {
				const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
				await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: Body }));
				sent += 1;
			} else if (isRotation(eventIn(Body))) {
				if (missedRotations === 0) {
					await invokeFunction(target.client, await output(target, "MigrationFunctionName"), rotation);
				}
				missedRotations += 1;
			} else {
				if (missedCleanups === 0) {
					await invokeFunction(target.client, await output(target, "CleanupFunctionName"));
				}
				missedCleanups += 1;
			}
			await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
		}
	}
	if (sent + missedCleanups + missedRotations === 0) return "the queue is empty by now";
	return [
		...(sent > 0 ? [`${sent} sent to their queue`] : []),
		...(missedCleanups > 0 ? [`cleanup ran once in place of ${missedCleanups} failed runs`] : []),
		...(missedRotations > 0 ? [`passwords were rotated once in place of ${missedRotations} failed rotations`] : []),
	].join(", ");
}

/** Returns undefined if the message is not JSON. */
function eventIn(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return undefined;
	}
}
