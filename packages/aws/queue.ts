import { ChangeMessageVisibilityCommand, SQSClient } from "@aws-sdk/client-sqs";

/** Gives a message of this queue back after `seconds` instead of its visibility timeout. */
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
