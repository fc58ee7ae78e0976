import { type AwsApi, AwsError } from "../types.ts";

/** DynamoDB arrives with chat; until then every call says so. */
export const dynamodbApi: AwsApi = {
	service: "dynamodb",
	async handle(request) {
		const operation = request.headers["x-amz-target"]?.split(".")[1];
		throw new AwsError(
			"NotImplemented",
			`The local cloud does not answer DynamoDB yet (${operation ?? "unknown operation"}): its table is used by chat only, and arrives with it.`,
			501,
		);
	},
};
