import { BatchWriteCommand, type DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";

/** DynamoDB's limit of one request. */
const maxWrites = 25;

/** Deletes every item of a partition. What is written meanwhile may stay. */
export async function deletePartition(
	{ dynamodb, table }: { dynamodb: Pick<DynamoDBDocumentClient, "send">; table: string },
	pk: string,
): Promise<void> {
	let ExclusiveStartKey: Record<string, unknown> | undefined;
	do {
		const page = await dynamodb.send(
			new QueryCommand({
				TableName: table,
				KeyConditionExpression: "pk = :pk",
				ProjectionExpression: "pk, sk",
				ExpressionAttributeValues: { ":pk": pk },
				ExclusiveStartKey,
			}),
		);
		const deletions = (page.Items ?? []).map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } }));
		for (let at = 0; at < deletions.length; at += maxWrites) {
			let unprocessed = deletions.slice(at, at + maxWrites);
			while (unprocessed.length > 0) {
				const { UnprocessedItems = {} } = await dynamodb.send(
					new BatchWriteCommand({ RequestItems: { [table]: unprocessed } }),
				);
				unprocessed = (UnprocessedItems[table] ?? []) as typeof unprocessed;
			}
		}
		ExclusiveStartKey = page.LastEvaluatedKey;
	} while (ExclusiveStartKey);
}
