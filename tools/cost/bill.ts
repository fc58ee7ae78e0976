import type { Environment } from "#lib/environments.ts";
import { functions } from "./functions.ts";
import type { Line, Templates } from "./line.ts";
import { models } from "./models.ts";
import { monitoring } from "./monitoring.ts";
import { fixedCosts } from "./standing.ts";
import { traffic } from "./traffic.ts";
import type { Profile } from "./usage.ts";

/** Resource types with a line of their own below. */
const priced = [
	"AWS::ApiGatewayV2::Api",
	"AWS::CloudWatch::Alarm",
	"AWS::CloudWatch::Dashboard",
	"AWS::Cognito::UserPool",
	"AWS::DynamoDB::Table",
	"AWS::EC2::EIP",
	"AWS::EC2::Instance",
	"AWS::EC2::NatGateway",
	"AWS::EC2::VPCEndpoint",
	"AWS::Events::EventBus",
	"AWS::Lambda::EventSourceMapping",
	"AWS::Lambda::Function",
	"AWS::Logs::LogGroup",
	"AWS::RDS::DBInstance",
	"AWS::S3::Bucket",
	"AWS::SQS::Queue",
	"AWS::SecretsManager::Secret",
];

/** Resource types that cost nothing, or only through one of the above. */
const free =
	/^AWS::(IAM::|ApiGatewayV2::(Route|Integration|Authorizer|Stage)|Lambda::(Permission|EventInvokeConfig)|SQS::QueuePolicy|Events::Rule|EC2::(VPC|Subnet|RouteTable|Route|SubnetRouteTableAssociation|InternetGateway|VPCGatewayAttachment|SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|LaunchTemplate)$|RDS::DB(SubnetGroup|ParameterGroup)|SNS::|S3::BucketPolicy|Cognito::UserPoolClient|Budgets::Budget|CDK::Metadata)/;

/**
 * What an environment costs in a month, by its templates and how it is used.
 * @throws naming a resource whose price is not known
 */
export function estimate(
	templates: Templates,
	environment: Pick<Environment, "network">,
	profile: Profile,
): Line[] {
	const resources = templates.flatMap(({ Resources }) =>
		Object.values(Resources),
	);
	const all = (type: string) =>
		resources.filter(({ Type }) => Type === type).map((one) => one.Properties);
	for (const { Type } of resources) {
		if (!priced.includes(Type) && !free.test(Type)) {
			throw new Error(
				`Nobody has said what ${Type} costs: give it a line in tools/cost/bill.ts, or add it to what is free.`,
			);
		}
	}
	return [
		...fixedCosts(all),
		...monitoring(all, profile),
		...functions(all, profile),
		...traffic(all, environment, profile),
		...models(profile),
	].filter(({ list, what }) => list > 0 || what.startsWith("AI"));
}

/** What is paid, and what it would be without what every account has for good. */
export function total(lines: Line[]): { pay: number; list: number } {
	const list = lines.reduce((sum, one) => sum + one.list, 0);
	const given = lines.reduce((sum, one) => sum + one.alwaysFree, 0);
	return { list, pay: list - given };
}
