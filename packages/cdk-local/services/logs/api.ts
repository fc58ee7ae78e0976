import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError, notImplemented } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { Functions } from "../lambda/store.ts";

const maxEvents = 10_000;

/** Serves CloudWatch Logs over the log files: a function's log group has the lines of its file below the state folder as events. */
export function logsApi(state: State, functions: Functions): AwsApi {
	return jsonApi({
		service: "logs",
		target: "Logs_20140328",
		version: "1.1",
		permissions: (name, { logGroupName }: { logGroupName: string }) => [
			{
				action: `logs:${name}`,
				resource: state.arn("logs", `log-group:${logGroupName}:log-stream:`),
			},
		],
		operations: {
			FilterLogEvents: operation(
				{
					logGroupName: z.string(),
					startTime: z.number().default(0),
					endTime: z.number().default(Number.POSITIVE_INFINITY),
					filterPattern: z.string().default(""),
					limit: z.int().min(1).max(maxEvents).default(maxEvents),
					nextToken: z.string().optional(),
				},
				(input) => {
					const lambdaFunction = functions.find(({ logGroup }) => logGroup === input.logGroupName);
					if (!lambdaFunction) {
						throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
					}
					const matches = compileFilter(input.filterPattern);
					const file = join(state.dir, "logs", `${lambdaFunction.settings.name}.log`);
					const events = readEvents(file).filter(
						({ timestamp, message }) => timestamp >= input.startTime && timestamp < input.endTime && matches(message),
					);
					const from = Number(input.nextToken ?? 0);
					const to = from + input.limit;
					return {
						events: events.slice(from, to).map((event) => ({
							...event,
							logStreamName: "local",
							ingestionTime: event.timestamp,
						})),
						...(to < events.length && { nextToken: String(to) }),
					};
				},
			),
		},
	});
}

/**
 * Reads the lines of a file as events. A JSON line has its own `timestamp`; any other
 * (START, REPORT, a stack trace) takes the time of the line before it.
 */
function readEvents(file: string) {
	if (!existsSync(file)) return [];
	let timestamp = Math.floor(statSync(file).birthtimeMs);
	let offset = 0;
	return readFileSync(file, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((message) => {
			const [, time = ""] = /"timestamp":\s*"([^"]+)"/.exec(message) ?? [];
			timestamp = Date.parse(time) || timestamp;
			const eventId = String(offset);
			offset += Buffer.byteLength(message) + 1;
			return { eventId, timestamp, message };
		});
}

/** Compiles a filter pattern: every term or quoted phrase must occur. */
function compileFilter(pattern: string): (message: string) => boolean {
	if (/^\s*[{[%?-]/.test(pattern)) {
		throw notImplemented(`The filter pattern ${pattern}`);
	}
	const terms = [...pattern.matchAll(/"([^"]*)"|(\S+)/g)].map(([, phrase, word]) => phrase ?? word ?? "");
	return (message) => terms.every((term) => message.includes(term));
}
