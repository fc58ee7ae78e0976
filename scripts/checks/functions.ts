import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { functionOutputs } from "#cli/outputs.ts";
import type { ImageProcessed } from "#core/pipeline/events.ts";
import { eventSources } from "#core/pipeline/stages.ts";
import { output } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";
import { invokeFunction } from "../functions/invoke-function.ts";
import type { Check } from "./check.ts";

/** Covers a rule, a queue and a cold start on AWS, and the delay of the log. */
const deliverySeconds = 90;

export const functions: Check[] = [
	{
		what: "Lambda functions",
		async run({ target }) {
			const lambda = new LambdaClient(target.client);
			const names = Object.values(functionOutputs);
			const idle = await Promise.all(
				names.map(async (key) => {
					const { State, LastUpdateStatus, FunctionName } = await lambda.send(
						new GetFunctionConfigurationCommand({
							FunctionName: await output(target, key),
						}),
					);
					// Lambda sets a function Inactive that was not called for weeks.
					return ["Active", "Inactive"].includes(State ?? "") && LastUpdateStatus === "Successful"
						? []
						: [`${FunctionName} is ${State}, its last update ${LastUpdateStatus}`];
				}),
			);
			if (idle.flat().length > 0) throw new Error(idle.flat().join("\n"));
			return `${names.length} are ready`;
		},
	},
	{
		what: "Lambda invoke",
		async run({ target, outputs }) {
			const report = await invokeFunction(target.client, outputs.CleanupFunctionName);
			if (typeof (report as { eventsSent?: unknown })?.eventsSent !== "number") {
				throw new Error(`cleanup answered ${JSON.stringify(report)}`);
			}
			return "one run of cleanup, which is due every five minutes anyway";
		},
	},
	{
		what: "Lambda to Postgres",
		async run({ outputs }) {
			const response = await fetch(new URL("/health", outputs.ApiUrl));
			const { status } = (await response.json()) as { status: string };
			if (status !== "healthy") {
				throw new Error(`/health answered ${response.status}, ${status}`);
			}
			return "the api asked it: healthy";
		},
	},
	{
		what: "Lambda to secrets",
		async run({ target, outputs }) {
			// Reads the logins of the master and both roles, and uses two of them.
			const { version } = (await invokeFunction(target.client, outputs.MigrationFunctionName)) as { version: string };
			return `the migration function read three; the schema is at ${version}`;
		},
	},
	{
		what: "EventBridge to Lambda",
		async run({ target, interruption }) {
			const correlation = randomUUID();
			const since = Date.now() - 60_000;
			// The item does not exist: the stage skips it and logs that.
			const detail: ImageProcessed = {
				version: 1,
				correlation_id: correlation,
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
			await untilLogged(target, correlation, since, interruption);
			return "an event went over bus, rule and queue to the analyzer";
		},
	},
];

async function untilLogged(target: Target, term: string, startTime: number, interruption: AbortSignal): Promise<void> {
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
				filterPattern: `"${term}"`,
				startTime,
			}),
		);
		if (events.length > 0) return;
		await sleep(1_000);
		interruption.throwIfAborted();
	}
	throw new Error(`the analyzer's log had no line of the event within ${deliverySeconds} s`);
}
