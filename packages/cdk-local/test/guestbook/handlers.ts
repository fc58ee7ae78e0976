import { randomUUID } from "node:crypto";
import { DynamoDBClient, PutItemCommand, QueryCommand } from "@aws-sdk/client-dynamodb";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const dynamodb = new DynamoDBClient();
const s3 = new S3Client({ forcePathStyle: true });
const sqs = new SQSClient();
const { TABLE, QUEUE, BUCKET } = process.env;

interface HttpEvent {
	routeKey: string;
	body?: string;
}

/** Answers `POST /entries` and `GET /entries`. */
export async function web({ routeKey, body = "{}" }: HttpEvent) {
	if (routeKey === "GET /entries") {
		const { Items = [] } = await dynamodb.send(
			new QueryCommand({
				TableName: TABLE,
				KeyConditionExpression: "book = :book",
				ExpressionAttributeValues: { ":book": { S: "guests" } },
			}),
		);
		return { entries: Items.map(({ text }) => text?.S) };
	}
	const entry = { id: randomUUID(), text: String(JSON.parse(body).text) };
	try {
		await dynamodb.send(
			new PutItemCommand({
				TableName: TABLE,
				Item: {
					book: { S: "guests" },
					id: { S: entry.id },
					text: { S: entry.text },
				},
			}),
		);
	} catch (error) {
		const { name, message } = error as Error;
		if (name !== "AccessDeniedException") throw error;
		return { statusCode: 403, body: message };
	}
	await sqs.send(
		new SendMessageCommand({
			QueueUrl: QUEUE,
			MessageBody: JSON.stringify(entry),
		}),
	);
	return { statusCode: 201, body: entry.id };
}

/** Copies each entry from the queue to the bucket. */
export async function archive({ Records }: { Records: { body: string }[] }) {
	for (const { body } of Records) {
		await s3.send(
			new PutObjectCommand({
				Bucket: BUCKET,
				Key: `${JSON.parse(body).id}.json`,
				Body: body,
			}),
		);
	}
}
