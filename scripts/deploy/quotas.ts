import { CloudFormationClient, paginateListStackResources } from "@aws-sdk/client-cloudformation";
import {
	DescribeAddressesCommand,
	EC2Client,
	paginateDescribeInstances,
	paginateDescribeVpcs,
} from "@aws-sdk/client-ec2";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { paginateDescribeDBInstances, RDSClient } from "@aws-sdk/client-rds";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import type { Templates } from "#tools/cost/line.ts";
import { NotLookedAt } from "../environment/checks.ts";
import type { ClientSettings } from "../environment/client-settings.ts";
import type { Target } from "../environment/target.ts";
import { describeStacks, type StackState } from "./stacks.ts";

/** How many of something an account may have in a region, counted in the units of its quota. */
interface Quota {
	what: string;
	/** In the templates. */
	type: string;
	/** What one of that type takes. @default 1 */
	each?: number;
	serviceCode: string;
	quotaCode: string;
	/** How much of it is taken, by whatever. */
	used(client: ClientSettings): Promise<number>;
}

/**
 * Those that an account meets in practice: they are small from the start, and what takes them is shared with whatever
 * else runs there. Of all else the stacks make (functions, queues, pools, tables, alarms, parameters, stacks) the
 * account may have hundreds of times what they ask for. Internet gateways follow the VPCs, and a NAT takes an address
 * before it takes a gateway's place.
 */
export const quotas: Quota[] = [
	{
		what: "VPCs",
		type: "AWS::EC2::VPC",
		serviceCode: "vpc",
		quotaCode: "L-F678F1CE",
		used: (client) => count(paginateDescribeVpcs({ client: new EC2Client(client) }, {}), "Vpcs"),
	},
	{
		what: "elastic addresses",
		type: "AWS::EC2::EIP",
		serviceCode: "ec2",
		quotaCode: "L-0263D0A3",
		async used(client) {
			const { Addresses = [] } = await new EC2Client(client).send(new DescribeAddressesCommand({}));
			return Addresses.length;
		},
	},
	{
		what: "EC2 processors",
		type: "AWS::EC2::Instance",
		each: 2, // of a t4g.nano, which bastion and NAT are
		serviceCode: "ec2",
		quotaCode: "L-1216C47A",
		used: processors,
	},
	{
		what: "RDS instances",
		type: "AWS::RDS::DBInstance",
		serviceCode: "rds",
		quotaCode: "L-7B6409FD",
		used: (client) => count(paginateDescribeDBInstances({ client: new RDSClient(client) }, {}), "DBInstances"),
	},
];

/**
 * Whether the account has room for what a deployment would add.
 * @throws with the command that asks for more; NotLookedAt where that may not be known
 */
export async function room(
	target: Target,
	{ what, type, each = 1, serviceCode, quotaCode, used }: Quota,
	templates: Templates,
): Promise<string> {
	const wanted = each * numberOf(type, templates);
	if (wanted === 0) return "none needed";
	const { client, name } = target;
	const [allowed, taken, there] = await permitted(() =>
		Promise.all([limit(client, serviceCode, quotaCode), used(client), standing(target, type)]),
	);
	const more = wanted - each * there;
	if (taken + more > allowed) {
		throw new Error(
			`${taken} of ${allowed} ${what} in ${client.region} are taken, and environment ${name} needs ${more} more. Remove what nobody uses, or ask for more:
${increase(client, serviceCode, quotaCode, taken + more)}`,
		);
	}
	return `${taken} of ${allowed} are taken, ${more > 0 ? `${more} more are needed` : "no more are needed"}`;
}

/** Functions that the account may run at once, against what the environment is made for. */
export async function lambdaConcurrency({
	client,
	name,
	environment: { lambdaConcurrencyQuota: wanted },
}: Target): Promise<string> {
	const { AccountLimit } = await permitted(() => new LambdaClient(client).send(new GetAccountSettingsCommand({})));
	const allowed = AccountLimit?.ConcurrentExecutions ?? 0;
	if (allowed < wanted) {
		throw new Error(
			`The account may run ${allowed} functions at once, environment ${name} is made for ${wanted}. Ask for more:
${increase(client, "lambda", "L-B99A9384", wanted)}
or lower environments.${name}.lambdaConcurrencyQuota in cdk.json.`,
		);
	}
	return `the account may run ${allowed} at once, ${wanted} are planned for`;
}

const increase = ({ region }: ClientSettings, service: string, quota: string, value: number) =>
	`  aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${quota} --desired-value ${value} --region ${region}`;

/** Whoever may deploy need not be allowed to look at quotas: CloudFormation then tells of one that is met. */
async function permitted<T>(look: () => Promise<T>): Promise<T> {
	try {
		return await look();
	} catch (error) {
		const { name, message } = error as Error;
		if (/^(AccessDenied(Exception)?|UnauthorizedOperation)$/.test(name)) {
			throw new NotLookedAt(`not looked at, which these credentials may not: ${message}`);
		}
		throw error;
	}
}

async function limit(client: ClientSettings, ServiceCode: string, QuotaCode: string): Promise<number> {
	const { Quota } = await new ServiceQuotasClient(client)
		.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode }))
		.catch((error: Error) => {
			if (error.name !== "NoSuchResourceException") throw error;
			throw new NotLookedAt(
				`not looked at: Service Quotas knows no ${QuotaCode} of ${ServiceCode} in ${client.region}`,
			);
		});
	return Quota?.Value ?? 0;
}

function numberOf(type: string, templates: Templates): number {
	return templates.flatMap(({ Resources }) => Object.values(Resources)).filter(({ Type }) => Type === type).length;
}

/** How many of a type the environment's own stacks have already. */
async function standing(target: Target, type: string): Promise<number> {
	const there = (stack: StackState) => stack.status !== null;
	const stacks = (await describeStacks(target)).filter(there);
	const client = new CloudFormationClient(target.client);
	let found = 0;
	for (const { name } of stacks) {
		const pages = paginateListStackResources({ client }, { StackName: name });
		for await (const { StackResourceSummaries = [] } of pages) {
			found += StackResourceSummaries.filter(
				({ ResourceType, ResourceStatus }) => ResourceType === type && ResourceStatus !== "DELETE_COMPLETE",
			).length;
		}
	}
	return found;
}

async function count<Key extends string>(
	pages: AsyncIterable<{ [key in Key]?: unknown[] }>,
	key: Key,
): Promise<number> {
	let sum = 0;
	for await (const page of pages) sum += page[key]?.length ?? 0;
	return sum;
}

/** Of the families that share the quota of standard instances; those that are stopped take none. */
async function processors(client: ClientSettings): Promise<number> {
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
