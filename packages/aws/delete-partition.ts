import { BatchWriteCommand, type DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { queryPages } from "./query-pages.ts";

/** DynamoDB's limit of one request. */
const maxWrites = 25;

/** Deletes every item of a partition. What is written meanwhile may stay. */
export async function deletePartition(
	{ dynamodb, table }: { dynamodb: Pick<DynamoDBDocumentClient, "send">; table: string },
	pk: string,
): Promise<void> {
	const pages = queryPages<{ pk: string; sk: string }>(dynamodb, {
		TableName: table,
		KeyConditionExpression: "pk = :pk",
		ProjectionExpression: "pk, sk",
		ExpressionAttributeValues: { ":pk": pk },
	});
	for await (const page of pages) {
		const deletions = page.map((Key) => ({ DeleteRequest: { Key } }));
		for (let at = 0; at < deletions.length; at += maxWrites) {
			let unprocessed = deletions.slice(at, at + maxWrites);
			while (unprocessed.length > 0) {
				const { UnprocessedItems = {} } = await dynamodb.send(
					new BatchWriteCommand({ RequestItems: { [table]: unprocessed } }),
				);
				unprocessed = (UnprocessedItems[table] ?? []) as typeof unprocessed;
			}
		}
	}
}
