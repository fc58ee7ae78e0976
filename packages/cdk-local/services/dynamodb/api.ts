import { jsonApi } from "../../endpoint/json-api.ts";
import type { AwsApi, AwsError } from "../../endpoint/types.ts";
import { batchOperations } from "./batches.ts";
import { descriptionOperations } from "./descriptions.ts";
import { DynamoDbError } from "./errors.ts";
import { itemOperations } from "./items.ts";
import { permissionsFor, type TableReferences } from "./permissions.ts";
import { queryOperations } from "./queries.ts";
import type { Tables } from "./store.ts";
import { transactionOperations } from "./transactions.ts";

/** Serves DynamoDB's JSON protocol over the tables. */
export function dynamodbApi(tables: Tables): AwsApi {
	return {
		...jsonApi({
			service: "dynamodb",
			target: "DynamoDB_20120810",
			version: "1.0",
			permissions: (name, input: TableReferences) => permissionsFor(tables, name, input),
			operations: {
				...itemOperations(tables),
				...queryOperations(tables),
				...batchOperations(tables),
				...transactionOperations(tables),
				...descriptionOperations(tables),
			},
		}),
		errorResponse: (error) => ({
			status: error.status,
			headers: { "content-type": "application/x-amz-json-1.0" },
			body: JSON.stringify({
				__type: `com.amazonaws.dynamodb.v20120810#${codeOf(error)}`,
				message: error.message,
				...(error instanceof DynamoDbError && error.fields),
			}),
		}),
	};
}

/** DynamoDB names a malformed request differently from the other JSON services. */
function codeOf({ code }: AwsError): string {
	return code === "InvalidParameterException" ? "ValidationException" : code;
}
