import { AwsError } from "../../endpoint/types.ts";

/** A DynamoDB error with further fields of its response. */
export class DynamoDbError extends AwsError {
	readonly fields: Readonly<Record<string, unknown>>;

	constructor(code: string, message: string, fields: Readonly<Record<string, unknown>> = {}) {
		super(code, message);
		this.fields = fields;
	}
}

export const validation = (message: string) => new DynamoDbError("ValidationException", message);

/** Adds AWS's prefix for an invalid value, as opposed to an invalid expression. */
export const invalidValue = (message: string) => validation(`One or more parameter values were invalid: ${message}`);

/** @param item the current item, if the request asks for it */
export const conditionFailed = (item?: object) =>
	new DynamoDbError("ConditionalCheckFailedException", "The conditional request failed", item && { Item: item });
