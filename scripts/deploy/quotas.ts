import {
	DescribeAddressesCommand,
	EC2Client,
	paginateDescribeInstances,
	paginateDescribeVpcs,
} from "@aws-sdk/client-ec2";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { paginateDescribeDBInstances, RDSClient } from "@aws-sdk/client-rds";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import type { ClientSettings } from "#deployment/client-settings.ts";
import type { Templates } from "#tools/cost/line.ts";
import { CheckSkipped, skipIfDenied } from "../environment/checks.ts";
import type { Target } from "../environment/target.ts";
import { deployedResources } from "./stacks.ts";

/** A regional quota of an account, and the resource type that uses it. */
interface ServiceQuota {
	name: string;
	/** The resource type in the templates. */
	type: string;
	/** Units of the quota that one resource uses. @default 1 */
	unitsEach?: number;
	serviceCode: string;
	quotaCode: string;
	/** Returns the units that the whole account uses. */
	used(client: ClientSettings): Promise<number>;
}

/**
 * The quotas that an account reaches in practice: their defaults are small, and everything in the account shares them.
 * Quotas of the stacks' other resources (functions, queues, pools, tables, alarms, parameters, stacks) are hundreds of
 * times what one environment needs. The quota of internet gateways equals that of VPCs, and NAT gateways run out of
 * addresses first.
 */
export const quotas: ServiceQuota[] = [
	{
		name: "VPCs",
		type: "AWS::EC2::VPC",
		serviceCode: "vpc",
		quotaCode: "L-F678F1CE",
		used: (client) => count(paginateDescribeVpcs({ client: new EC2Client(client) }, {}), "Vpcs"),
	},
	{
		name: "elastic addresses",
		type: "AWS::EC2::EIP",
		serviceCode: "ec2",
		quotaCode: "L-0263D0A3",
		async used(client) {
			const { Addresses = [] } = await new EC2Client(client).send(new DescribeAddressesCommand({}));
			return Addresses.length;
		},
	},
	{
		name: "EC2 processors",
		type: "AWS::EC2::Instance",
		unitsEach: 2, // a t4g.nano, as bastion and NAT are, has two
		serviceCode: "ec2",
		quotaCode: "L-1216C47A",
		used: runningProcessors,
	},
	{
		name: "RDS instances",
		type: "AWS::RDS::DBInstance",
		serviceCode: "rds",
		quotaCode: "L-7B6409FD",
		used: (client) => count(paginateDescribeDBInstances({ client: new RDSClient(client) }, {}), "DBInstances"),
	},
];

/**
 * Checks that a quota has room for the resources that a deployment would add.
 * @throws with the command that requests more, or CheckSkipped if the credentials may not read the quota
 */
export async function checkQuota(
	target: Target,
	{ name, type, unitsEach = 1, serviceCode, quotaCode, used }: ServiceQuota,
	templates: Templates,
): Promise<string> {
	const required = unitsEach * countInTemplates(type, templates);
	if (required === 0) return "none needed";
	const { client } = target;
	const [quota, inUse, resources] = await skipIfDenied(() =>
		Promise.all([quotaValue(client, serviceCode, quotaCode), used(client), deployedResources(target)]),
	);
	const deployed = resources.filter(({ ResourceType }) => ResourceType === type).length;
	const additional = required - unitsEach * deployed;
	if (inUse + additional > quota) {
		throw new Error(
			`${inUse} of ${quota} ${name} in ${client.region} are in use, and environment ${target.name} needs ${additional} more. Remove unused ones, or request more:
${increaseCommand(client, serviceCode, quotaCode, inUse + additional)}`,
		);
	}
	return `${inUse} of ${quota} are in use, ${additional > 0 ? `${additional} more are needed` : "no more are needed"}`;
}

/** Checks the account's quota of concurrent functions against the environment's setting. */
export async function lambdaConcurrency({
	client,
	name,
	environment: { lambdaConcurrencyQuota: required },
}: Target): Promise<string> {
	const { AccountLimit } = await skipIfDenied(() => new LambdaClient(client).send(new GetAccountSettingsCommand({})));
	const quota = AccountLimit?.ConcurrentExecutions ?? 0;
	if (quota < required) {
		throw new Error(
			`The account may run ${quota} functions at once, environment ${name} is configured for ${required}. Request more:
${increaseCommand(client, "lambda", "L-B99A9384", required)}
or lower environments.${name}.lambdaConcurrencyQuota in cdk.json.`,
		);
	}
	return `the account may run ${quota} at once, the environment is configured for ${required}`;
}

const increaseCommand = ({ region }: ClientSettings, service: string, quota: string, value: number) =>
	`  aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${quota} --desired-value ${value} --region ${region}`;

async function quotaValue(client: ClientSettings, ServiceCode: string, QuotaCode: string): Promise<number> {
	const { Quota } = await new ServiceQuotasClient(client)
		.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))
		.catch((error: Error) => {
			if (error.name !== "NoSuchResourceException") throw error;
			throw new CheckSkipped(`not checked: Service Quotas has no ${QuotaCode} of ${ServiceCode} in ${client.region}`);
		});
	return Quota?.Value ?? 0;
}

function countInTemplates(type: string, templates: Templates): number {
	return templates.flatMap(({ Resources }) => Object.values(Resources)).filter(({ Type }) => Type === type).length;
}

async function count<Key extends string>(
	pages: AsyncIterable<{ [key in Key]?: unknown[] }>,
	key: Key,
): Promise<number> {
	let sum = 0;
	for await (const page of pages) sum += page[key]?.length ?? 0;
	return sum;
}

/** Counts the processors of the instance families that share the quota of standard instances; stopped instances use none. */
async function runningProcessors(client: ClientSettings): Promise<number> {
	let sum = 0;
	const pages = paginateDescribeInstances(
		{ client: new EC2Client(client) },
		{
			Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }],
		},
	);
	for await (const { Reservations = [] } of pages) {
		for (const { InstanceType, CpuOptions } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
			if (!/^(a|c|d|h|i|im|is|m|r|t|z)\d/.test(InstanceType ?? "")) continue;
			sum += (CpuOptions?.CoreCount ?? 0) * (CpuOptions?.ThreadsPerCore ?? 1);
		}
	}
	return sum;
}
