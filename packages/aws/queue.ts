import { ChangeMessageVisibilityCommand, SQSClient } from "@aws-sdk/client-sqs";

/** Returns a function that makes a message visible again after `seconds` instead of the visibility timeout. */
export function delayMessage(queueUrl: string) {
	const client = new SQSClient();
	return async (receiptHandle: string, seconds: number): Promise<void> => {
		await client.send(
			new ChangeMessageVisibilityCommand({
				QueueUrl: queueUrl,
				ReceiptHandle: receiptHandle,
				VisibilityTimeout: seconds,
			}),
		);
	};
}
