import type { CreateResource } from "../template/resource.ts";
import { apiGateway } from "./apigateway/index.ts";
import { apiGatewayV2 } from "./apigatewayv2/index.ts";
import { cloudFormation } from "./cloudformation/index.ts";
import { cloudFront } from "./cloudfront/index.ts";
import { cognito } from "./cognito/index.ts";
import { dynamoDb } from "./dynamodb/index.ts";
import { eventBridge } from "./eventbridge/index.ts";
import { iam } from "./iam/index.ts";
import { lambda } from "./lambda/index.ts";
import { logs } from "./logs/index.ts";
import { rds } from "./rds/index.ts";
import { s3 } from "./s3/index.ts";
import { secretsManager } from "./secretsmanager/index.ts";
import type { AwsService } from "./service.ts";
import { sqs } from "./sqs/index.ts";
import { ssm } from "./ssm/index.ts";
import { sts } from "./sts/index.ts";

/** Every service that runs here. */
export const awsServices: readonly AwsService[] = [
	apiGateway,
	apiGatewayV2,
	cloudFormation,
	cloudFront,
	cognito,
	dynamoDb,
	eventBridge,
	iam,
	lambda,
	logs,
	rds,
	s3,
	secretsManager,
	sqs,
	ssm,
	sts,
];

/** Every resource type that runs here. */
export const resourceTypes: Readonly<Record<string, CreateResource>> = Object.fromEntries(
	awsServices.flatMap(({ resources }) => Object.entries(resources)),
);
