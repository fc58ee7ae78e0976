import { AwsError } from "../../endpoint/types.ts";

/** An error of DynamoDB, with what its answer carries beside code and message. */
export class DynamoDbError extends AwsError {
	readonly fields: Readonly<Record<string, unknown>>;

	constructor(
		code: string,
		message: string,
		fields: Readonly<Record<string, unknown>> = {},
	) {
		super(code, message);
		this.fields = fields;
	}
}

export const validation = (message: string) =>
	new DynamoDbError("ValidationException", message);

/** What AWS begins the message with where a value, not an expression, is wrong. */
export const invalidValue = (message: string) =>
	validation(`One or more parameter values were invalid: ${message}`);

/** @param item the item as it is, where the request asks for it */
export const conditionFailed = (item?: object) =>
	new DynamoDbError(
		"ConditionalCheckFailedException",
		"The conditional request failed",
		item && { Item: item },
	);
