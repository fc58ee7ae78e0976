import { z } from "zod";
import type { Stores } from "../../stores.ts";
import { ignored, resource, tags } from "../../template/resource.ts";
import type { Caller } from "../iam/permission.ts";

import { deadLetterAttributes } from "./store.ts";

export const eventBus = resource(
	{
		Name: z.string(),
		Description: ignored("for people"),
		KmsKeyIdentifier: ignored("nothing is encrypted at rest here"),
		DeadLetterConfig: ignored("only for another account's bus"),
		LogConfig: ignored("logs are files below the state folder"),
		Tags: tags,
	},
	({ Name }, { stores }) => {
		const { arn } = stores.buses.ensureBus(Name);
		return { ref: Name, attributes: { Arn: arn, Name } };
	},
);

const deadLetterConfig = z.strictObject({ Arn: z.string() }).optional();
const retryPolicy = ignored("a delivery on one machine succeeds or is refused");

export const rule = resource(
	{
		Name: z.string().optional(),
		EventBusName: z.string().default("default"),
		EventPattern: z.record(z.string(), z.unknown()).optional(),
		ScheduleExpression: z.string().optional(),
		State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
		Targets: z
			.array(
				z.strictObject({
					Id: z.string(),
					Arn: z.string(),
					Input: z.string().optional(),
					DeadLetterConfig: deadLetterConfig,
					RetryPolicy: retryPolicy,
					SqsParameters: z.strictObject({ MessageGroupId: z.string().max(100) }).optional(),
				}),
			)
			.default([]),
		Description: ignored("for people"),
		Tags: tags,
	},
	(properties, { stores, logicalId, physicalName }) => {
		const name = properties.Name ?? physicalName(64);
		const bus = properties.EventBusName.split("/").at(-1) as string;
		const arn = stores.state.arn("events", bus === "default" ? `rule/${name}` : `rule/${bus}/${name}`);
		stores.buses.putRule({
			name,
			bus,
			pattern: properties.EventPattern,
			schedule: properties.ScheduleExpression,
			enabled: properties.State === "ENABLED",
			targets: properties.Targets.map((target) => ({
				id: target.Id,
				arn: target.Arn,
				...(target.Input !== undefined && { input: target.Input }),
				...(target.DeadLetterConfig && {
					deadLetterArn: target.DeadLetterConfig.Arn,
				}),
				...(target.SqsParameters && { messageGroup: target.SqsParameters.MessageGroupId }),
			})),
		});
		if (properties.ScheduleExpression) {
			for (const target of properties.Targets) {
				if (target.SqsParameters) throw new Error("cdk-local gives a scheduled message no MessageGroupId.");
				stores.schedules.add({
					name: logicalId,
					expression: properties.ScheduleExpression,
					isEnabled: () => stores.buses.rule(bus, name).enabled,
					targetArn: target.Arn,
					deliver: (at) =>
						deliverOrDeadLetter(
							stores,
							stores.access.service("events.amazonaws.com", arn),
							arn,
							target.Arn,
							target.Input ?? scheduledEvent(stores, arn, at),
							target.DeadLetterConfig?.Arn,
						),
				});
			}
		}
		return { ref: bus === "default" ? name : `${bus}|${name}`, attributes: { Arn: arn } };
	},
);

export const schedule = resource(
	{
		Name: z.string().optional(),
		ScheduleExpression: z.string(),
		ScheduleExpressionTimezone: z.literal("UTC").optional(),
		State: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
		FlexibleTimeWindow: z.looseObject({ Mode: z.literal("OFF") }),
		GroupName: ignored("schedules here are few"),
		Description: ignored("for people"),
		Target: z.strictObject({
			Arn: z.string(),
			Input: z.string().default("{}"),
			RoleArn: z.string(),
			RetryPolicy: retryPolicy,
			DeadLetterConfig: deadLetterConfig,
		}),
	},
	(properties, { stores, logicalId, physicalName }) => {
		const name = properties.Name ?? physicalName(64);
		const { Arn, Input, DeadLetterConfig, RoleArn } = properties.Target;
		const arn = stores.state.arn("scheduler", `schedule/default/${name}`);
		const from = stores.access.assume(RoleArn, "scheduler.amazonaws.com", logicalId);
		stores.schedules.add({
			name: logicalId,
			expression: properties.ScheduleExpression,
			isEnabled: () => properties.State === "ENABLED",
			targetArn: Arn,
			deliver: () => deliverOrDeadLetter(stores, from, arn, Arn, Input, DeadLetterConfig?.Arn),
		});
		return { ref: name, attributes: { Arn: arn } };
	},
);

function deliverOrDeadLetter(
	stores: Stores,
	from: Caller,
	sourceArn: string,
	targetArn: string,
	body: string,
	deadLetterArn: string | undefined,
): void {
	try {
		stores.deliver(from, targetArn, body);
	} catch (error) {
		if (!deadLetterArn) throw error;
		stores.deliver(from, deadLetterArn, body, { attributes: deadLetterAttributes(sourceArn, targetArn, error) });
	}
}

function scheduledEvent(stores: Stores, ruleArn: string, at: Date): string {
	const { account, region } = stores.state;
	return JSON.stringify({
		version: "0",
		id: crypto.randomUUID(),
		"detail-type": "Scheduled Event",
		source: "aws.events",
		account,
		time: at.toISOString().replace(/\.\d+/, ""),
		region,
		resources: [ruleArn],
		detail: {},
	});
}
