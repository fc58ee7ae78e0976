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
import { output } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";
import { invokeFunction } from "../functions/invoke-function.ts";

/** A queue whose letters somebody has to look at. */
export interface DeadLetters {
	url: string;
	/** The last part of its address. */
	name: string;
	arn: string;
	/** Letters in it, about. */
	count: number;
}

/** Seconds: without any, SQS asks a few of its servers, and a queue with letters may seem empty. */
const askEverywhere = 1;

/** Every queue of dead letters of the environment. */
export async function deadLetters(target: Target): Promise<DeadLetters[]> {
	const sqs = new SQSClient(target.client);
	const urls = (await output(target, "DeadLetterQueueUrls")).split(",");
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

/** Some letters, which stay where they are. */
export async function sample(target: Target, { url }: DeadLetters): Promise<Message[]> {
	const { Messages = [] } = await new SQSClient(target.client).send(
		new ReceiveMessageCommand({
			QueueUrl: url,
			MaxNumberOfMessages: 5,
			VisibilityTimeout: 0,
			WaitTimeSeconds: askEverywhere,
			MessageAttributeNames: ["All"],
		}),
	);
	return Messages;
}

/** Has everything in a queue tried again. @returns what was done, as a sentence */
export async function redrive(target: Target, letters: DeadLetters): Promise<string> {
	const sqs = new SQSClient(target.client);
	const { queueUrls = [] } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: letters.url }));
	return queueUrls.length > 0 ? moveBack(sqs, letters) : sendAgain(target, sqs, letters);
}

/** What a stage gave up on goes to its queue again, by SQS itself. */
async function moveBack(sqs: SQSClient, { arn }: DeadLetters): Promise<string> {
	await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn }));
	for (;;) {
		const { Results = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn, MaxResults: 1 }));
		const [task] = Results;
		if (task?.Status === "FAILED" || task?.Status === "CANCELLED") {
			throw new Error(
				`SQS moved ${task.ApproximateNumberOfMessagesMoved ?? 0} letters of ${arn} and stopped (${task.Status}: ${task.FailureReason ?? "no reason given"}): run this again.`,
			);
		}
		if (task?.Status === "COMPLETED") {
			return `${task.ApproximateNumberOfMessagesMoved} went back to the stage's queue`;
		}
		await sleep(1_000);
	}
}

/**
 * What a rule or schedule could not deliver, and what failed after an asynchronous invocation. SQS has no task for
 * these: EventBridge writes the target into the letter, and where that is no queue one run of cleanup does the work of
 * all that were missed. A letter is removed after what it asks for was accepted, so that nothing is lost in between.
 */
async function sendAgain(target: Target, sqs: SQSClient, { url }: DeadLetters): Promise<string> {
	let sent = 0;
	let swept = 0;
	for (;;) {
		const { Messages = [] } = await sqs.send(
			new ReceiveMessageCommand({
				QueueUrl: url,
				MaxNumberOfMessages: 10,
				VisibilityTimeout: 120,
				WaitTimeSeconds: askEverywhere,
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
			} else {
				if (swept === 0) {
					await invokeFunction(target.client, await output(target, "CleanupFunctionName"));
				}
				swept += 1;
			}
			await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
		}
	}
	if (sent + swept === 0) return "nothing is there any more";
	return [
		...(sent > 0 ? [`${sent} sent to the queue they were meant for`] : []),
		...(swept > 0 ? [`one run of cleanup made up for ${swept}`] : []),
	].join(", ");
}
