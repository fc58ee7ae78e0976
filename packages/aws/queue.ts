import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

/** Connects the queue that a function works off. */
export function sqsQueue(queueUrl: string) {
	const client = new SQSClient();
	return {
		/** Makes a received message visible again after `seconds` instead of the visibility timeout. */
		async delay(receiptHandle: string, seconds: number): Promise<void> {
			await client.send(
				new ChangeMessageVisibilityCommand({
					QueueUrl: queueUrl,
					ReceiptHandle: receiptHandle,
					VisibilityTimeout: seconds,
				}),
			);
		},
		/** Sends a message of a group, which becomes visible after `seconds`. */
		async send(body: string, group: string, seconds: number): Promise<void> {
			await client.send(
				new SendMessageCommand({
					QueueUrl: queueUrl,
					MessageBody: body,
					MessageGroupId: group,
					DelaySeconds: seconds,
				}),
			);
		},
	};
}
