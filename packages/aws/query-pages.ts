import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";

/** Yields the items of a query page by page. */
export async function* queryPages<Item>(
	dynamodb: Pick<DynamoDBDocumentClient, "send">,
	input: QueryCommandInput,
	options: () => { abortSignal?: AbortSignal } = () => ({}),
): AsyncGenerator<Item[]> {
	let ExclusiveStartKey: Record<string, unknown> | undefined;
	do {
		const page = await dynamodb.send(new QueryCommand({ ...input, ExclusiveStartKey }), options());
		yield (page.Items ?? []) as Item[];
		ExclusiveStartKey = page.LastEvaluatedKey;
	} while (ExclusiveStartKey);
}
