import { Duration } from "aws-cdk-lib";
import {
	type Alarm,
	AlarmStatusWidget,
	Dashboard,
	GraphWidget,
	type IMetric,
	type IWidget,
	SingleValueWidget,
	TextWidget,
	type YAxisProps,
} from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import { stageNames } from "#core/pipeline/stages.ts";
import type { Environment } from "../environments.ts";
import type { Sources } from "./metric-sources.ts";

const fiveMinutes = Duration.minutes(5);
const hour = Duration.hours(1);
const day = Duration.days(1);

/** Answers three questions: is it healthy, how slow is it, what does it cost. */
export function dashboard(scope: Construct, environment: Environment, sources: Sources, alarms: Alarm[]): Dashboard {
	return new Dashboard(scope, "Dashboard", {
		// Fixed, since people type it.
		dashboardName: `collections-${environment.name}`,
		defaultInterval: Duration.hours(12),
		widgets: [
			[heading("Is it healthy?")],
			health(sources, alarms),
			functionHealth(sources),
			storeHealth(sources),
			[heading("How slow is it?")],
			speed(sources),
			[heading("What does it cost? (tokens here; the rest by `make cost`)")],
			cost(sources),
		],
	});
}

function health({ application, deadLetters, api }: Sources, alarms: Alarm[]) {
	return [
		new AlarmStatusWidget({ title: "Alarms", alarms, width: 6, height: 6 }),
		graph("Longest wait of an item for its next stage", "seconds", [
			application("OldestWait", { statistic: "Maximum" }),
		]),
		graph(
			"Dead letters",
			"messages",
			// Not those of rules, which have alarms: a dashboard of more than 50 metrics is not free.
			Object.entries(deadLetters)
				.filter(([label]) => !label.endsWith("Rule"))
				.map(([label, queue]) =>
					queue.metricApproximateNumberOfMessagesVisible({
						label,
						period: fiveMinutes,
						statistic: "Maximum",
					}),
				),
		),
		graph("API errors", "answers", [
			api.metricServerError({ label: "5xx", statistic: "Sum" }),
			api.metricClientError({ label: "4xx", statistic: "Sum" }),
			api.metricCount({ label: "all", statistic: "Sum" }),
		]),
	];
}

function functionHealth({ functions }: Sources) {
	// These run one or two at a time.
	const { Cleanup, Migrate, Jobs, Webhooks, ...busy } = functions;
	const { Api, Stream } = busy;
	// Failures of the others are dead letters, or seen by who migrates: a dashboard of more than 50 metrics is not free.
	const failing = { ...busy, Jobs };
	const each = (shown: Partial<typeof functions>, metric: string, statistic: string) =>
		Object.entries(shown).map(([label, { function: fn }]) =>
			fn.metric(metric, { label, statistic, period: fiveMinutes }),
		);
	return [
		graph("Function errors", "invocations", each(failing, "Errors", "Sum")),
		graph("Function duration, p95", "ms", each(busy, "Duration", "p95")),
		// A queue waits for its stage, and bounds its concurrency.
		graph("Function throttles", "invocations", each({ Api, Stream }, "Throttles", "Sum")),
		graph("Function concurrency", "sandboxes", each({ Api, Stream }, "ConcurrentExecutions", "Maximum")),
	];
}

function storeHealth({ application, database, table, each }: Sources) {
	return [
		graph("Database: processor", "%", [database("CPUUtilization", "Average")]),
		graph(
			"Database: connections and free storage",
			"connections",
			[database("DatabaseConnections", "Maximum"), application("DatabaseConnectionErrors", { statistic: "Sum" })],
			{ right: [database("FreeStorageSpace", "Minimum")], rightLabel: "bytes" },
		),
		graph("Table of sessions and limits: throttles, and requests without a limit", "events", [
			table("ReadThrottleEvents"),
			table("WriteThrottleEvents"),
			application("UnlimitedRequests", { statistic: "Sum" }),
			application("CircuitFailures", { statistic: "Sum" }),
		]),
		graph("Sessions, once an hour", "sessions", [
			application("ActiveSessions", { statistic: "Maximum", period: hour }),
			application("ExpiredSessions", { statistic: "Maximum", period: hour }),
		]),
		graph("Provider errors, throttles and opened circuits", "events", [
			application("OpenedCircuits", { statistic: "Sum" }),
			each("ProviderErrors", "Sum", fiveMinutes),
			each("ProviderThrottles", "Sum", fiveMinutes),
		]),
		graph("Stage retries and failures", "events", [
			each("StageRetries", "Sum", fiveMinutes),
			each("StageFailures", "Sum", fiveMinutes),
		]),
	];
}

function speed({ application, api, each }: Sources) {
	const stages = (statistic: string) =>
		graph(
			`Stages, ${statistic}`,
			"ms",
			stageNames.map((label) => application("StageDuration", { series: label, statistic }).with({ label })),
		);
	return [
		graph(
			"Upload to ready",
			"seconds",
			["p50", "p95"].map((statistic) => application("UploadToReady", { statistic }).with({ label: statistic })),
		),
		stages("p50"),
		stages("p95"),
		graph("API latency", "ms", [
			api.metricLatency({ label: "p50", statistic: "p50" }),
			api.metricLatency({ label: "p95", statistic: "p95" }),
		]),
		graph("Provider requests, p95", "ms", [each("ProviderDuration", "p95", fiveMinutes)]),
	];
}

function cost({ application, each }: Sources): IWidget[] {
	return [
		graph("Dollars a day, by model", "USD", [each("Dollars", "Sum", day)]),
		graph("Tokens a day, by model", "tokens", [each("InputTokens", "Sum", day), each("OutputTokens", "Sum", day)]),
		new SingleValueWidget({
			title: "Dollars in the time shown, by model",
			metrics: [each("Dollars", "Sum", day)],
			setPeriodToTimeRange: true,
			width: 6,
			height: 6,
		}),
		graph("Verifications and query vectors a day that cost nothing", "requests", [
			application("CachedVerifications", { statistic: "Sum", period: day }),
			application("CachedQueries", { statistic: "Sum", period: day }),
		]),
	];
}

function heading(question: string): IWidget {
	return new TextWidget({ markdown: `## ${question}`, width: 24, height: 1 });
}

function graph(
	title: string,
	label: string,
	left: IMetric[],
	{ right, rightLabel }: { right?: IMetric[]; rightLabel?: string } = {},
): IWidget {
	const axis = (text = ""): YAxisProps => ({
		label: text,
		min: 0,
		showUnits: false,
	});
	return new GraphWidget({
		title,
		left,
		leftYAxis: axis(label),
		...(right && { right, rightYAxis: axis(rightLabel) }),
		width: 6,
		height: 6,
	});
}
