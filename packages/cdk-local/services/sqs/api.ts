import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import { deadLetterOperations } from "./dead-letters.ts";
import { attributesMd5 } from "./message-attributes.ts";
import type { Message } from "./queue.ts";
import type { Queues } from "./store.ts";

const QueueUrl = z.string();
const attribute = z.strictObject({
	DataType: z.string(),
	StringValue: z.string().optional(),
	BinaryValue: z.string().optional(),
});
const message = {
	MessageBody: z.string(),
	DelaySeconds: z.int().min(0).max(900).optional(),
	MessageAttributes: z.record(z.string(), attribute).optional(),
	/** On a standard queue it names a tenant, for fair delivery. */
	MessageGroupId: z
		.string()
		.regex(/^[!-~]{1,128}$/)
		.optional(),
};
const seconds = z.int().min(0).max(43_200);
const nameList = z.array(z.string());

/** The parameters by which operations name a queue. */
interface QueueParameters {
	QueueUrl?: string;
	QueueName?: string;
	SourceArn?: string;
	DestinationArn?: string;
}

/** Serves SQS's JSON protocol over the queues. */
export function sqsApi(queues: Queues): AwsApi {
	const send = (url: string, input: z.infer<z.ZodObject<typeof message>>) => {
		const { messageId, md5 } = queues.send(url, input.MessageBody, {
			delaySeconds: input.DelaySeconds,
			attributes: input.MessageAttributes,
			messageGroup: input.MessageGroupId,
		});
		return {
			MessageId: messageId,
			MD5OfMessageBody: md5,
			...(input.MessageAttributes ? { MD5OfMessageAttributes: attributesMd5(input.MessageAttributes) } : {}),
		};
	};

	return jsonApi({
		service: "sqs",
		target: "AmazonSQS",
		version: "1.0",
		permissions: (name, { QueueUrl, QueueName, SourceArn, ...more }: QueueParameters) => {
			const on = (action: string, queue: string | undefined) => ({
				action: `sqs:${action}`,
				resource: queue === undefined ? "*" : queues.arn(queue),
			});
			if (name === "StartMessageMoveTask") {
				const target = more.DestinationArn ?? queues.sources(SourceArn ?? "")[0]?.arn;
				return [
					on(name, SourceArn),
					on("ReceiveMessage", SourceArn),
					on("DeleteMessage", SourceArn),
					on("GetQueueAttributes", SourceArn),
					on("SendMessage", target ?? SourceArn),
				];
			}
			// A batch needs the permission of the single operation.
			const action = name.replace(/Batch$/, "");
			return [on(action, QueueUrl ?? QueueName ?? SourceArn)];
		},
		operations: {
			SendMessage: operation({ QueueUrl, ...message }, (input) => send(input.QueueUrl, input)),
			SendMessageBatch: operation({ QueueUrl, Entries: batchOf(message) }, (input) =>
				batch(input.Entries, (entry) => send(input.QueueUrl, entry)),
			),
			ReceiveMessage: operation(
				{
					QueueUrl,
					MaxNumberOfMessages: z.int().min(1).max(10).default(1),
					VisibilityTimeout: seconds.optional(),
					WaitTimeSeconds: z.int().min(0).max(20).default(0),
					AttributeNames: nameList.optional(),
					MessageSystemAttributeNames: nameList.optional(),
					MessageAttributeNames: nameList.optional(),
				},
				async (input, { signal }) => {
					const deadline = Date.now() + input.WaitTimeSeconds * 1_000;
					const receive = () => queues.receive(input.QueueUrl, input.MaxNumberOfMessages, input.VisibilityTimeout);
					let received = receive();
					while (received.length === 0 && !signal.aborted) {
						const remainingMs = deadline - Date.now();
						if (remainingMs <= 0) break;
						await queues.wait(input.QueueUrl, remainingMs, signal);
						// A client that has disconnected must not receive messages.
						if (!signal.aborted) received = receive();
					}
					const systemNames = new Set([...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])]);
					// AWS omits an empty list: code that reads its length must fail here too.
					if (received.length === 0) return {};
					return {
						Messages: received.map((message) => describe(message, systemNames, input.MessageAttributeNames ?? [])),
					};
				},
			),
			DeleteMessage: operation({ QueueUrl, ReceiptHandle: z.string() }, (input) =>
				queues.delete(input.QueueUrl, input.ReceiptHandle),
			),
			DeleteMessageBatch: operation({ QueueUrl, Entries: batchOf({ ReceiptHandle: z.string() }) }, (input) =>
				batch(input.Entries, (entry) => {
					queues.delete(input.QueueUrl, entry.ReceiptHandle);
					return {};
				}),
			),
			ChangeMessageVisibility: operation({ QueueUrl, ReceiptHandle: z.string(), VisibilityTimeout: seconds }, (input) =>
				queues.changeVisibility(input.QueueUrl, input.ReceiptHandle, input.VisibilityTimeout),
			),
			GetQueueUrl: operation({ QueueName: z.string() }, (input) => ({
				QueueUrl: queues.url(queues.queue(input.QueueName).name),
			})),
			GetQueueAttributes: operation({ QueueUrl, AttributeNames: nameList.optional() }, (input) => ({
				Attributes: pick(queueAttributes(queues, input.QueueUrl), new Set(input.AttributeNames ?? [])),
			})),
			ListQueues: operation({ QueueNamePrefix: z.string().optional() }, (input) => ({
				QueueUrls: queues.list(input.QueueNamePrefix ?? "").map((queue) => queues.url(queue.name)),
			})),
			PurgeQueue: operation({ QueueUrl }, (input) => queues.purge(input.QueueUrl)),
			...deadLetterOperations(queues),
		},
	});
}

function batchOf<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
	return z.array(z.strictObject({ Id: z.string(), ...shape })).max(10);
}

/** Each entry succeeds or fails on its own. */
function batch<Entry extends { Id: string }>(entries: Entry[], run: (entry: Entry) => object) {
	if (entries.length === 0) {
		throw new AwsError("EmptyBatchRequest", "There should be at least one entry in the request.");
	}
	if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
		throw new AwsError("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
	}
	const successful: object[] = [];
	const failed: object[] = [];
	for (const entry of entries) {
		try {
			successful.push({ Id: entry.Id, ...run(entry) });
		} catch (error) {
			if (!(error instanceof AwsError) || error.code === "QueueDoesNotExist") {
				throw error;
			}
			failed.push({
				Id: entry.Id,
				Code: error.code,
				Message: error.message,
				SenderFault: true,
			});
		}
	}
	return { Successful: successful, Failed: failed };
}

function describe(received: Message, systemNames: ReadonlySet<string>, attributeNames: string[]) {
	const attributes = Object.fromEntries(
		Object.entries(received.attributes).filter(([name]) =>
			attributeNames.some(
				(pattern) =>
					pattern === "All" || pattern === name || (pattern.endsWith(".*") && name.startsWith(pattern.slice(0, -1))),
			),
		),
	);
	return {
		MessageId: received.messageId,
		ReceiptHandle: received.receiptHandle,
		Body: received.body,
		MD5OfBody: received.md5,
		Attributes: pick(
			{
				ApproximateReceiveCount: String(received.receiveCount),
				SentTimestamp: String(received.sentAt),
				ApproximateFirstReceiveTimestamp: String(received.firstReceivedAt),
				...(received.messageGroup !== null && { MessageGroupId: received.messageGroup }),
			},
			systemNames,
		),
		...(Object.keys(attributes).length > 0
			? {
					MessageAttributes: attributes,
					MD5OfMessageAttributes: attributesMd5(attributes),
				}
			: {}),
	};
}

function queueAttributes(queues: Queues, id: string): Record<string, string> {
	const queue = queues.queue(id);
	const { visible, inFlight, delayed } = queues.depth(id);
	return {
		QueueArn: queue.arn,
		ApproximateNumberOfMessages: String(visible),
		ApproximateNumberOfMessagesNotVisible: String(inFlight),
		ApproximateNumberOfMessagesDelayed: String(delayed),
		VisibilityTimeout: String(queue.visibilitySeconds),
		MessageRetentionPeriod: String(queue.retentionSeconds),
		DelaySeconds: String(queue.delaySeconds),
		CreatedTimestamp: String(Math.floor(queue.createdAt / 1_000)),
		...(queue.deadLetterArn
			? {
					RedrivePolicy: JSON.stringify({
						deadLetterTargetArn: queue.deadLetterArn,
						maxReceiveCount: queue.maxReceives,
					}),
				}
			: {}),
	};
}

function pick(attributes: Record<string, string>, names: ReadonlySet<string>): Record<string, string> {
	return Object.fromEntries(Object.entries(attributes).filter(([name]) => names.has("All") || names.has(name)));
}
