import type { StackResourceSummary } from "@aws-sdk/client-cloudformation";
import {
	DescribeRuleCommand,
	DisableRuleCommand,
	EnableRuleCommand,
	EventBridgeClient,
} from "@aws-sdk/client-eventbridge";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { upkeepAlarms } from "#lib/monitoring/upkeep-alarms.ts";
import { awsCall } from "../environment/aws-call.ts";
import type { Target } from "../environment/target.ts";

export interface DatabaseInstance {
	id: string;
	/** RDS's word for its state. */
	status: string;
}

/** Returns the environment's DB instance and its state; null if the stacks have none. */
export async function databaseInstance(
	{ client }: Pick<Target, "client">,
	resources: readonly StackResourceSummary[],
): Promise<DatabaseInstance | null> {
	const id = physicalIds(resources, "AWS::RDS::DBInstance")[0];
	if (!id) return null;
	const { DBInstances } = await new RDSClient(client).send(
		new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }),
	);
	return { id, status: DBInstances?.[0]?.DBInstanceStatus ?? "unknown" };
}

/**
 * Turns off what would fail without the database, or on again: the schedules of the environment's functions, and the
 * mails of the alarms that watch them. @returns how many of each
 */
export async function switchUpkeep(
	target: Target,
	resources: readonly StackResourceSummary[],
	on: boolean,
): Promise<{ schedules: number; alarms: number }> {
	const schedules = await scheduledRules(target, resources);
	const events = new EventBridgeClient(target.client);
	for (const Name of schedules) {
		await events.send(on ? new EnableRuleCommand({ Name }) : new DisableRuleCommand({ Name }));
	}
	// The local cloud monitors nothing, so it has no alarms.
	const alarms = target.isLocal ? [] : physicalIds(resources, "AWS::CloudWatch::Alarm", upkeepAlarms);
	if (alarms.length > 0) await switchAlarms(target, alarms, on);
	return { schedules: schedules.length, alarms: alarms.length };
}

/** Lists the rules that run by a schedule. */
async function scheduledRules({ client }: Target, resources: readonly StackResourceSummary[]): Promise<string[]> {
	const events = new EventBridgeClient(client);
	const scheduled: string[] = [];
	// A rule of another bus than the default, whose id begins with the bus, has no schedule.
	for (const Name of physicalIds(resources, "AWS::Events::Rule").filter((id) => !id.includes("|"))) {
		const { ScheduleExpression } = await events.send(new DescribeRuleCommand({ Name }));
		if (ScheduleExpression) scheduled.push(Name);
	}
	return scheduled;
}

async function switchAlarms({ client }: Target, names: string[], on: boolean): Promise<void> {
	const form = new URLSearchParams({
		Action: on ? "EnableAlarmActions" : "DisableAlarmActions",
		Version: "2010-08-01",
		...Object.fromEntries(names.map((name, at) => [`AlarmNames.member.${at + 1}`, name])),
	});
	await awsCall(client, {
		service: "monitoring",
		id: "CLOUDWATCH",
		host: `monitoring.${client.region}.amazonaws.com`,
		method: "POST",
		headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
		body: form.toString(),
	});
}

/** Returns the ids of the resources of a type; of those alone that the CDK made from a construct with one of the names. */
function physicalIds(
	resources: readonly StackResourceSummary[],
	type: string,
	constructs?: readonly string[],
): string[] {
	const names = constructs && new RegExp(`^(${constructs.join("|")})[0-9A-F]{8}$`);
	return resources
		.filter(
			({ ResourceType, LogicalResourceId = "" }) => ResourceType === type && (names?.test(LogicalResourceId) ?? true),
		)
		.flatMap(({ PhysicalResourceId }) => PhysicalResourceId ?? []);
}
