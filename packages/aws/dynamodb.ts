import { type AttributeValue, ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** Makes the client that everything in the table shares, so that a sandbox opens one connection. */
export const documentClient = () => DynamoDBDocumentClient.from(new DynamoDBClient());

/** A table, its client, and the clock by which its items end. */
export interface TableOptions {
	dynamodb: Pick<DynamoDBDocumentClient, "send">;
	table: string;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
}

/**
 * Returns the item that did not meet a command's condition. Its attributes are DynamoDB's own form, which the document
 * client does not translate in an error.
 * @throws any other error
 */
export function itemOfFailedCondition(error: unknown): Record<string, AttributeValue> {
	if (!(error instanceof ConditionalCheckFailedException)) throw error;
	return error.Item ?? {};
}
