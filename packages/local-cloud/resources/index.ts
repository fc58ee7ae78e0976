import { bucket } from "./bucket.ts";
import { dbInstance } from "./database.ts";
import { eventBus, rule, schedule } from "./events.ts";
import {
	eventInvokeConfig,
	eventSourceMapping,
	lambdaFunction,
} from "./function.ts";
import { api, authorizer, integration, route, stage } from "./http-api.ts";
import { policy, role } from "./iam.ts";
import { logGroup } from "./log-group.ts";
import { queue } from "./queue.ts";
import type { CreateResource } from "./resource.ts";
import { bucketPolicy, permission, queuePolicy } from "./resource-policies.ts";
import { secret, secretAttachment } from "./secret.ts";
import { table } from "./table.ts";
import { userPool, userPoolClient } from "./user-pool.ts";

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
