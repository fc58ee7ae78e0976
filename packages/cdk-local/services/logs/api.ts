import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError, notImplemented } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { LambdaFunction } from "../lambda/function.ts";

const maxEvents = 10_000;

/** CloudWatch Logs over the functions' log files: the events of a function's log group are the lines of its file below the state folder. */
export function logsApi(
	state: State,
	functions: Map<string, LambdaFunction>,
): AwsApi {
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
					const known = [...functions.values()].find(
						({ settings }) => settings.logGroup === input.logGroupName,
					);
					if (!known) {
						throw new AwsError(
							"ResourceNotFoundException",
							"The specified log group does not exist.",
						);
					}
					const matches = terms(input.filterPattern);
					const file = join(state.dir, "logs", `${known.settings.name}.log`);
					const found = readEvents(file).filter(
						({ timestamp, message }) =>
							timestamp >= input.startTime &&
							timestamp < input.endTime &&
							matches(message),
					);
					const from = Number(input.nextToken ?? 0);
					const to = from + input.limit;
					return {
						events: found.slice(from, to).map((event) => ({
							...event,
							logStreamName: "local",
							ingestionTime: event.timestamp,
						})),
						...(to < found.length && { nextToken: String(to) }),
					};
				},
			),
		},
	});
}

/**
 * The lines of a file as events. A line tells its time where it is JSON with a `timestamp`; one that does not
 * (START, REPORT, a stack trace) came with the line before it.
 */
function readEvents(file: string) {
	if (!existsSync(file)) return [];
	let timestamp = Math.floor(statSync(file).birthtimeMs);
	let offset = 0;
	return readFileSync(file, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((message) => {
			const [, stated = ""] = /"timestamp":\s*"([^"]+)"/.exec(message) ?? [];
			timestamp = Date.parse(stated) || timestamp;
			const eventId = String(offset);
			offset += Buffer.byteLength(message) + 1;
			return { eventId, timestamp, message };
		});
}

/** Every term must occur; a phrase stands in quotes. */
function terms(pattern: string): (message: string) => boolean {
	if (/^\s*[{[%?-]/.test(pattern)) {
		throw notImplemented(`The filter pattern ${pattern}`);
	}
	const wanted = [...pattern.matchAll(/"([^"]*)"|(\S+)/g)].map(
		([, phrase, word]) => phrase ?? word ?? "",
	);
	return (message) => wanted.every((term) => message.includes(term));
}
