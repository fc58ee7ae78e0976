import { z } from "zod";
import { jsonApi, operation } from "../../endpoint/json-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import { eventPattern } from "./pattern.ts";
import { busName, type EventBuses } from "./store.ts";

/** PutEvents takes 256 KB over its entries. */
const maxRequestBytes = 262_144;

const entrySchema = z.strictObject({
	Source: z.string().optional(),
	DetailType: z.string().optional(),
	Detail: z.string().optional(),
	EventBusName: z.string().optional(),
	Resources: z.array(z.string()).optional(),
	/** Seconds since 1970. */
	Time: z.number().optional(),
});
type Entry = z.infer<typeof entrySchema>;

const ruleName = { Name: z.string(), EventBusName: z.string().default("default") };

/** The parameters that name resources: a rule's, or those of each entry. */
interface NamesResources {
	Entries?: { EventBusName?: string }[];
	Name?: string;
	EventBusName?: string;
}

/** Serves EventBridge's JSON protocol over the event buses. */
export function eventBridgeApi(buses: EventBuses): AwsApi {
	return jsonApi({
		service: "events",
		target: "AWSEvents",
		version: "1.1",
		permissions: (name, { Entries, Name, EventBusName = "default" }: NamesResources) => {
			if (Name) {
				return [{ action: `events:${name}`, resource: buses.ruleArn({ bus: busName(EventBusName), name: Name }) }];
			}
			const resources = Entries?.map(({ EventBusName = "default" }) => buses.arn(EventBusName));
			return [...new Set(resources ?? ["*"])].map((resource) => ({
				action: `events:${name}`,
				resource,
			}));
		},
		operations: {
			PutEvents: operation({ Entries: z.array(entrySchema).min(1).max(10) }, ({ Entries }) =>
				putEvents(buses, Entries),
			),
			DescribeRule: operation(ruleName, ({ Name, EventBusName }) => {
				const { bus, pattern, schedule, enabled } = buses.rule(EventBusName, Name);
				return {
					Name,
					Arn: buses.ruleArn({ bus, name: Name }),
					EventBusName: bus,
					...(pattern !== undefined && { EventPattern: JSON.stringify(pattern) }),
					...(schedule && { ScheduleExpression: schedule }),
					State: enabled ? "ENABLED" : "DISABLED",
				};
			}),
			DisableRule: operation(ruleName, ({ Name, EventBusName }) => buses.enableRule(EventBusName, Name, false)),
			EnableRule: operation(ruleName, ({ Name, EventBusName }) => buses.enableRule(EventBusName, Name, true)),
			TestEventPattern: operation({ EventPattern: z.string(), Event: z.string() }, ({ EventPattern, Event }) => ({
				Result: eventPattern(JSON.parse(EventPattern))(JSON.parse(Event)),
			})),
		},
	});
}

function putEvents(buses: EventBuses, entries: Entry[]) {
	const bytes = entries.reduce((sum, entry) => sum + entrySize(entry), 0);
	if (bytes > maxRequestBytes) {
		throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
	}
	const results = entries.map((entry) => {
		try {
			return { EventId: putEvent(buses, entry) };
		} catch (error) {
			if (!(error instanceof AwsError)) throw error;
			return { ErrorCode: error.code, ErrorMessage: error.message };
		}
	});
	return {
		Entries: results,
		FailedEntryCount: results.filter((result) => "ErrorCode" in result).length,
	};
}

/** Counts bytes as AWS does: 14 for a time. */
function entrySize(entry: Entry): number {
	const { Source, DetailType, Detail, Resources = [], Time } = entry;
	return [Source, DetailType, Detail, ...Resources].reduce(
		(sum, text) => sum + Buffer.byteLength(text ?? ""),
		Time === undefined ? 0 : 14,
	);
}

function putEvent(buses: EventBuses, entry: Entry): string {
	for (const name of ["Source", "DetailType", "Detail"] as const) {
		if (!entry[name]) {
			throw new AwsError("InvalidArgument", `Parameter ${name} is not valid. Reason: ${name} is a required argument.`);
		}
	}
	const { Source = "", DetailType = "", Detail = "" } = entry;
	if (Source.startsWith("aws.")) {
		throw new AwsError("NotAuthorizedForSourceException", "Not authorized for the source.");
	}
	return buses.publish(entry.EventBusName ?? "default", {
		source: Source,
		detailType: DetailType,
		detail: parseDetail(Detail),
		resources: entry.Resources,
		...(entry.Time === undefined ? {} : { time: new Date(entry.Time * 1_000) }),
	}).id;
}

function parseDetail(text: string): object {
	const malformed = new AwsError("MalformedDetail", "Detail is malformed.");
	let detail: unknown;
	try {
		detail = JSON.parse(text);
	} catch {
		throw malformed;
	}
	if (typeof detail !== "object" || detail === null || Array.isArray(detail)) {
		throw malformed;
	}
	return detail;
}
