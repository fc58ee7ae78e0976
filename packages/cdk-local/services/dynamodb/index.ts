import type { AwsService } from "../service.ts";
import { dynamodbApi } from "./api.ts";
import { table } from "./resource.ts";

const expirySweepMilliseconds = 10 * 60_000;

export const dynamoDb: AwsService = {
	name: "dynamodb",
	resources: { "AWS::DynamoDB::Table": table },
	api: ({ tables }) => dynamodbApi(tables),
	start({ tables }) {
		const sweep = setInterval(() => tables.removeExpired(), expirySweepMilliseconds);
		return () => clearInterval(sweep);
	},
};
