import { ArnFormat, Aws, type Stack } from "aws-cdk-lib";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import { type Hours, minutesOf, startDelay } from "../hours.ts";
import { upkeepAlarms } from "../monitoring/upkeep-alarms.ts";
import type { ComputeStack } from "../stacks/compute-stack.ts";
import type { DatabaseStack } from "../stacks/database-stack.ts";
import { scheduledRules } from "./scheduled-rules.ts";

/** Minutes for the last sweep to end before the database stops. */
const stopDelay = 5;

/**
 * Does by the clock what `make infra-stop` and `make infra-start` do by hand. EventBridge Scheduler makes each call of AWS
 * itself, with a role that may make these calls alone.
 */
export function databaseHours(
	stack: Stack,
	{ from, to, days, timezone }: Hours,
	{ database, compute, alarms }: { database: DatabaseStack; compute: ComputeStack; alarms: Record<string, Alarm> },
): void {
	const role = new Role(stack, "HoursRole", {
		assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
			conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
		}),
	});

	/** Makes a call of AWS on each day, some minutes after a time. */
	const daily = (id: string, time: string, delay: number, call: string, input: object) => {
		const minutes = minutesOf(time) + delay;
		const day = days === "weekdays" ? "? * MON-FRI *" : "* * ? *";
		new CfnSchedule(stack, id, {
			scheduleExpression: `cron(${minutes % 60} ${Math.floor(minutes / 60)} ${day})`,
			scheduleExpressionTimezone: timezone,
			flexibleTimeWindow: { mode: "OFF" },
			target: {
				arn: `arn:${stack.partition}:scheduler:::aws-sdk:${call}`,
				roleArn: role.roleArn,
				input: stack.toJsonString(input),
				// By default a failed stop is tried for a day: a database stopped by hand before would stop again once it runs.
				retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: 600 },
			},
		});
	};
	const allow = (actions: string[], resources: string[]) =>
		role.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));

	// The SDK for Java, whose names these targets have, spells this parameter with a small b.
	const instance = { DbInstanceIdentifier: database.instanceIdentifier };
	daily("StopDatabase", to, stopDelay, "rds:stopDBInstance", instance);
	daily("StartDatabase", from, 0, "rds:startDBInstance", instance);
	allow(
		["rds:StopDBInstance", "rds:StartDBInstance"],
		[
			stack.formatArn({
				service: "rds",
				resource: "db",
				resourceName: database.instanceIdentifier,
				arnFormat: ArnFormat.COLON_RESOURCE_NAME,
			}),
		],
	);

	const rules = [database, compute].flatMap(scheduledRules);
	for (const rule of rules) {
		const name = rule.node.scope?.node.id ?? rule.node.id;
		daily(`Disable${name}`, to, 0, "eventbridge:disableRule", { Name: rule.ref });
		daily(`Enable${name}`, from, startDelay, "eventbridge:enableRule", { Name: rule.ref });
	}
	allow(
		["events:DisableRule", "events:EnableRule"],
		rules.map(({ attrArn }) => attrArn),
	);

	const disturbing = upkeepAlarms.map((name) => {
		const alarm = alarms[name];
		if (alarm) return alarm;
		throw new Error(`There is no alarm ${name} to turn off: correct lib/monitoring/upkeep-alarms.ts.`);
	});
	const AlarmNames = disturbing.map(({ alarmName }) => alarmName);
	daily("DisableAlarms", to, 0, "cloudwatch:disableAlarmActions", { AlarmNames });
	daily("EnableAlarms", from, startDelay, "cloudwatch:enableAlarmActions", { AlarmNames });
	allow(
		["cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions"],
		disturbing.map(({ alarmArn }) => alarmArn),
	);
}
