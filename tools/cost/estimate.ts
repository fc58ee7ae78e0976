import type { Environment } from "#lib/environments.ts";
import { fixedCosts } from "./fixed-costs.ts";
import { functions } from "./functions.ts";
import type { Line, Templates } from "./line.ts";
import { models } from "./models.ts";
import { monitoring } from "./monitoring.ts";
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

/**
 * Resource types that cost nothing, or only through one of the above. A REST API costs by its requests, which traffic.ts counts. CloudFront: 1 TB and 10 million requests a month are
 * always free, more than the files of a web app.
 */
const free =
	/^AWS::(IAM::|ApiGatewayV2::(Route|Integration|Authorizer|Stage)|ApiGateway::|Lambda::(Permission|EventInvokeConfig)|SQS::QueuePolicy|Events::Rule|EC2::(VPC|Subnet|RouteTable|Route|SubnetRouteTableAssociation|InternetGateway|VPCGatewayAttachment|SecurityGroup|SecurityGroupIngress|SecurityGroupEgress|LaunchTemplate)$|RDS::DB(SubnetGroup|ParameterGroup)|SNS::|S3::BucketPolicy|Cognito::UserPool(Client|Group)|Budgets::Budget|Scheduler::Schedule|CloudFront::|CDK::Metadata)/;

/**
 * Estimates an environment's monthly cost from its templates and its use.
 * @throws naming a resource type without a price, or if there are no resources
 */
export function estimate(
	templates: Templates,
	environment: Pick<Environment, "network" | "database">,
	profile: Profile,
): Line[] {
	const resources = templates.flatMap(({ Resources }) => Object.entries(Resources));
	if (resources.length === 0) throw new Error("The templates have no resources: there is nothing to estimate.");
	const all = (type: string) =>
		resources
			.filter(([, { Type }]) => Type === type)
			.map(([logicalId, { Properties }]) => ({ ...Properties, logicalId }));
	for (const [, { Type }] of resources) {
		if (!priced.includes(Type) && !free.test(Type)) {
			throw new Error(
				`The price of ${Type} is not known: give it a line in tools/cost/estimate.ts, or add it to the free types there.`,
			);
		}
	}
	return [
		...fixedCosts(all, environment),
		...monitoring(all, profile),
		...functions(all, profile),
		...traffic(all, environment, profile),
		...models(profile),
	].filter(({ list, label }) => list > 0 || label.startsWith("AI"));
}

/** Sums the list prices, and the amount to pay after the permanent free tier. */
export function total(lines: Line[]): { pay: number; list: number } {
	const list = lines.reduce((sum, line) => sum + line.list, 0);
	const free = lines.reduce((sum, line) => sum + line.alwaysFree, 0);
	return { list, pay: list - free };
}
