import type { AwsService } from "../service.ts";
import { sqsApi } from "./api.ts";
import { queue, queuePolicy } from "./resource.ts";

export const sqs: AwsService = {
	name: "sqs",
	resources: { "AWS::SQS::Queue": queue, "AWS::SQS::QueuePolicy": queuePolicy },
	api: ({ queues }) => sqsApi(queues),
};
