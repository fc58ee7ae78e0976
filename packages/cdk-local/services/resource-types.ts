import type { CreateResource } from "../template/resource.ts";
import {
	api,
	authorizer,
	integration,
	route,
	stage,
} from "./apigatewayv2/resource.ts";
import { userPool, userPoolClient } from "./cognito/resource.ts";
import { table } from "./dynamodb/resource.ts";
import { eventBus, rule, schedule } from "./eventbridge/resource.ts";
import { policy, role } from "./iam/resource.ts";
import {
	bucketPolicy,
	permission,
	queuePolicy,
} from "./iam/resource-policies.ts";
import {
	eventInvokeConfig,
	eventSourceMapping,
	lambdaFunction,
} from "./lambda/resource.ts";
import { logGroup } from "./logs/resource.ts";
import { dbInstance } from "./rds/resource.ts";
import { bucket } from "./s3/resource.ts";
import { secret, secretAttachment } from "./secretsmanager/resource.ts";
import { queue } from "./sqs/resource.ts";

/** Every resource type that does something here. */
export const resourceTypes: Readonly<Record<string, CreateResource>> = {
	"AWS::ApiGatewayV2::Api": api,
	"AWS::ApiGatewayV2::Authorizer": authorizer,
	"AWS::ApiGatewayV2::Integration": integration,
	"AWS::ApiGatewayV2::Route": route,
	"AWS::ApiGatewayV2::Stage": stage,
	"AWS::Cognito::UserPool": userPool,
	"AWS::Cognito::UserPoolClient": userPoolClient,
	"AWS::DynamoDB::Table": table,
	"AWS::Events::EventBus": eventBus,
	"AWS::Events::Rule": rule,
	"AWS::IAM::Policy": policy,
	"AWS::IAM::Role": role,
	"AWS::Lambda::EventInvokeConfig": eventInvokeConfig,
	"AWS::Lambda::EventSourceMapping": eventSourceMapping,
	"AWS::Lambda::Function": lambdaFunction,
	"AWS::Lambda::Permission": permission,
	"AWS::Logs::LogGroup": logGroup,
	"AWS::RDS::DBInstance": dbInstance,
	"AWS::S3::Bucket": bucket,
	"AWS::S3::BucketPolicy": bucketPolicy,
	"AWS::SQS::Queue": queue,
	"AWS::SQS::QueuePolicy": queuePolicy,
	"AWS::Scheduler::Schedule": schedule,
	"AWS::SecretsManager::Secret": secret,
	"AWS::SecretsManager::SecretTargetAttachment": secretAttachment,
};
