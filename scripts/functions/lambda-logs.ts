// make lambda-logs: prints a function's log, filtered, and follows it.
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogsClient, type FilteredLogEvent, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { functionOutputs } from "#deployment/outputs.ts";
import { output } from "../deploy/outputs-file.ts";
import { operate, type Target } from "../environment/target.ts";

const pollSeconds = 2;
/** CloudWatch may deliver an event this long after its timestamp. */
const overlapMs = 60_000;

await operate(async (target) => {
	const { FUNC = "api", FILTER, SINCE = "10m", FOLLOW } = process.env;
	const logGroupName = await logGroup(target, FUNC);
	let startTime = Date.now() - milliseconds(SINCE);
	const client = new CloudWatchLogsClient(target.client);
	const seen = new Set<string>();
	const follow = FOLLOW ? FOLLOW === "1" : process.stdout.isTTY;
	do {
		const pages = paginateFilterLogEvents(
			{ client },
			{ logGroupName, startTime, ...(FILTER && { filterPattern: FILTER }) },
		);
		for await (const { events = [] } of pages) {
			for (const event of events) {
				if (seen.has(event.eventId ?? "")) continue;
				seen.add(event.eventId ?? "");
				print(event);
				startTime = Math.max(startTime, (event.timestamp ?? 0) - overlapMs);
			}
		}
		if (follow) await sleep(pollSeconds * 1_000);
	} while (follow);
});

async function logGroup(target: Target, name: string): Promise<string> {
	const key = functionOutputs[name];
	if (!key) {
		throw new Error(`There is no function ${name}: FUNC is one of ${Object.keys(functionOutputs).join(", ")}.`);
	}
	const FunctionName = await output(target, key);
	const { LoggingConfig } = await new LambdaClient(target.client).send(
		new GetFunctionConfigurationCommand({ FunctionName }),
	);
	return LoggingConfig?.LogGroup ?? `/aws/lambda/${FunctionName}`;
}

function milliseconds(since: string): number {
	const [, count, unit] = /^(\d+)([smhd])$/.exec(since) ?? [];
	if (!count) throw new Error(`SINCE is ${since}: set it to 30s, 10m, 2h, 1d or the like.`);
	const units = { s: 1, m: 60, h: 3_600, d: 86_400 };
	return Number(count) * units[unit as keyof typeof units] * 1_000;
}

function print({ timestamp, message = "" }: FilteredLogEvent): void {
	const time = new Date(timestamp ?? 0).toISOString();
	console.log(`${time} ${message.trimEnd()}`);
}
