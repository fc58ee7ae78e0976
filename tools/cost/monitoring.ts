import { stageNames } from "#core/pipeline/stages.ts";
import prices from "./aws-prices.json" with { type: "json" };
import { type All, type Line, line } from "./line.ts";
import { usedModels } from "./models.ts";
import type { Profile } from "./usage.ts";

/** Prices alarms, the application's metrics, and the dashboard. */
export function monitoring(all: All, profile: Profile): Line[] {
	const { alwaysFree } = prices;
	const alarms = all("AWS::CloudWatch::Alarm").length;
	const dashboards = all("AWS::CloudWatch::Dashboard");
	const metricCounts = dashboards.map(
		({ DashboardBody }) => countNamedMetrics(DashboardBody) + countSearchedSeries(profile),
	);
	const freeDashboards = metricCounts.filter((count) => count <= alwaysFree.metricsOfADashboard);
	const metrics = countCustomMetrics(profile);
	return [
		line("alarms", `${alarms}`, alarms * prices.alarmMonth, {
			free: alwaysFree.alarms * prices.alarmMonth,
		}),
		line("custom metrics", `${metrics}`, metrics * prices.customMetricMonth, {
			free: alwaysFree.customMetrics * prices.customMetricMonth,
		}),
		line(
			`dashboards, of ${metricCounts.join(" and ")} metrics`,
			`${dashboards.length}`,
			dashboards.length * prices.dashboardMonth,
			{
				free: Math.min(alwaysFree.dashboards, freeDashboards.length) * prices.dashboardMonth,
			},
		),
	];
}

/** Counts the metrics that a dashboard's body names, each once. */
function countNamedMetrics(body: { "Fn::Join": [string, unknown[]] }): number {
	const text = body["Fn::Join"][1]
		// A reference is inside a JSON string of the body.
		.map((part) => (typeof part === "string" ? part : JSON.stringify(part).replaceAll(/\W/g, "")))
		.join("");
	const { widgets } = JSON.parse(text) as {
		widgets: { properties: { metrics?: unknown[][] } }[];
	};
	const named = widgets
		.flatMap(({ properties }) => properties.metrics ?? [])
		.map((metric) => metric.filter((part) => typeof part === "string"))
		.filter((names) => names.length > 0);
	return new Set(named.map((names) => names.join())).size;
}

/** Counts the series that a dashboard's searches find: retries and failures of each stage, and those of providers and models. */
function countSearchedSeries(profile: Profile): number {
	const { providers, models } = distinct(profile);
	return 2 * stageNames.length + 3 * providers + 3 * models;
}

function distinct(profile: Profile): { providers: number; models: number } {
	const used = usedModels(profile);
	return {
		providers: new Set(used.map(({ provider }) => provider)).size,
		models: new Set(used.map(({ model }) => model)).size,
	};
}

/** Counts the series of `packages/lambda-kit/metrics.ts` in an hour without failures; AWS bills those it receives. */
function countCustomMetrics(profile: Profile): number {
	const whileIdle = 3; // the longest wait, active sessions, expired sessions
	if (profile.uploads + profile.users === 0) return whileIdle;
	const { providers, models } = distinct(profile);
	// The stages' durations, upload to ready, each provider's duration, and tokens in, tokens out and dollars of each model.
	return whileIdle + stageNames.length + 1 + providers + 3 * models;
}
