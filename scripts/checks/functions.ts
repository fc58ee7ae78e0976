import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import type { ImageProcessed } from "#core/pipeline/events.ts";
import { eventSources } from "#core/pipeline/stages.ts";
import { invokeFunction } from "#deployment/invoke-function.ts";
import { functionOutputs } from "#deployment/outputs.ts";
import { output } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";
import type { Check } from "./check.ts";

/** Covers rule, queue and cold start on AWS, and the delay of CloudWatch Logs. */
const deliverySeconds = 90;

export const functions: Check[] = [
	{
		name: "Lambda functions",
		async run({ target, outputs }) {
			const lambda = new LambdaClient(target.client);
			const names = Object.values(functionOutputs).filter((key) => outputs[key] !== null);
			const notReady = await Promise.all(
				names.map(async (key) => {
					const { State, LastUpdateStatus, FunctionName } = await lambda.send(
						new GetFunctionConfigurationCommand({
							FunctionName: await output(target, key),
						}),
					);
					// Lambda marks a function Inactive after weeks without a call.
					return ["Active", "Inactive"].includes(State ?? "") && LastUpdateStatus === "Successful"
						? []
						: [`${FunctionName} is ${State}, its last update ${LastUpdateStatus}`];
				}),
			);
			if (notReady.flat().length > 0) throw new Error(notReady.flat().join("\n"));
			return `${names.length} are ready`;
		},
	},
	{
		name: "Lambda invoke",
		async run({ target, outputs }) {
			const report = await invokeFunction(target.client, outputs.CleanupFunctionName);
			if (typeof (report as { eventsSent?: unknown })?.eventsSent !== "number") {
				throw new Error(`cleanup answered ${JSON.stringify(report)}`);
			}
			return "cleanup ran once, as it does every five minutes";
		},
	},
	{
		name: "Lambda to Postgres",
		async run({ outputs }) {
			const response = await fetch(new URL("/health", outputs.ApiUrl));
			const { status } = (await response.json()) as { status: string };
			if (status !== "healthy") {
				throw new Error(`/health answered ${response.status}, ${status}`);
			}
			return "/health answered healthy";
		},
	},
	{
		name: "Lambda to secrets",
		async run({ target, outputs }) {
			// The migration function reads the logins of the master and both roles, and uses two of them.
			const { version } = (await invokeFunction(target.client, outputs.MigrationFunctionName)) as { version: string };
			return `the migration function read three secrets; the schema is at ${version}`;
		},
	},
	{
		name: "EventBridge to Lambda",
		async run({ target, interruption }) {
			const correlationId = randomUUID();
			const since = Date.now() - 60_000;
			// The item does not exist, so the stage skips it and logs that.
			const detail: ImageProcessed = {
				version: 1,
				correlation_id: correlationId,
				item_id: randomUUID(),
				user_id: randomUUID(),
				bucket: "none",
				original_key: "none",
				thumbnail_key: "none",
			};
			const { Entries = [] } = await new EventBridgeClient(target.client).send(
				new PutEventsCommand({
					Entries: [
						{
							EventBusName: await output(target, "EventBusName"),
							Source: eventSources.process,
							DetailType: "ImageProcessed",
							Detail: JSON.stringify(detail),
						},
					],
				}),
			);
			const [entry] = Entries;
			if (entry?.ErrorCode) {
				throw new Error(`${entry.ErrorCode}: ${entry.ErrorMessage}`);
			}
			await waitUntilLogged(target, correlationId, since, interruption);
			return "the analyzer received an event through bus, rule and queue";
		},
	},
];

async function waitUntilLogged(
	target: Target,
	correlationId: string,
	startTime: number,
	interruption: AbortSignal,
): Promise<void> {
	const FunctionName = await output(target, "AnalyzerFunctionName");
	const { LoggingConfig } = await new LambdaClient(target.client).send(
		new GetFunctionConfigurationCommand({ FunctionName }),
	);
	const logs = new CloudWatchLogsClient(target.client);
	const end = Date.now() + deliverySeconds * 1_000;
	while (Date.now() < end) {
		const { events = [] } = await logs.send(
			new FilterLogEventsCommand({
				logGroupName: LoggingConfig?.LogGroup,
				filterPattern: `"${correlationId}"`,
				startTime,
			}),
		);
		if (events.length > 0) return;
		await sleep(1_000);
		interruption.throwIfAborted();
	}
	throw new Error(`the analyzer logged nothing about the event within ${deliverySeconds} s`);
}
