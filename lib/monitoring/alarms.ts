import { Duration } from "aws-cdk-lib";
import { ComparisonOperator, type Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { providers } from "#ai/providers.ts";
import { connectionsAllowed } from "../environment-rules.ts";
import type { Environment } from "../environments.ts";
import { defaultModel } from "../providers.ts";
import type { Sources } from "./metric-sources.ts";

/** Declares an alarm; stack, dashboard and cost estimate read it. */
interface AlarmRule {
	/** Says what happened, in a sentence of the mail. */
	description: string;
	/** The file in docs/runbooks, without `.md`. */
	runbook: string;
	metric: Metric;
	threshold: number;
	/** The alarm is below the threshold. @default at the threshold or above */
	below?: boolean;
	/** The number of consecutive periods. @default 1 */
	periods?: number;
	/** Missing data count as a breach. @default false */
	missingDataBreaches?: boolean;
}

const fiveMinutes = Duration.minutes(5);

/** Returns every alarm of an environment, by its name. Each costs 10 cents a month beyond the account's first ten. */
export function alarmsOf(environment: Environment, sources: Sources): Record<string, AlarmRule> {
	return {
		...failureAlarms(sources),
		...outageAlarms(environment, sources),
		...(environment.earlyWarnings && earlyWarnings(environment, sources)),
	};
}

const runbooksOfDeadLetters: Record<string, string> = { Rotation: "failed-rotations", Cleanup: "failed-cleanups" };

/** Alarms at the first failure, since nothing retries these. */
function failureAlarms({ deadLetters, functions }: Sources) {
	const alarms: Record<string, AlarmRule> = {};
	for (const [name, queue] of Object.entries(deadLetters)) {
		alarms[`${name}DeadLetters`] = {
			description: `${name}: a message failed for good and waits in ${queue.node.path}.`,
			runbook: runbooksOfDeadLetters[name] ?? (name.endsWith("Rule") ? "undelivered-events" : "dead-letters"),
			metric: queue.metricApproximateNumberOfMessagesVisible({
				period: fiveMinutes,
				statistic: "Maximum",
			}),
			threshold: 1,
		};
	}
	// Whoever migrates sees the failure; a rotation or a cleanup that also fails its two retries is a dead letter, and so is a
	// message of jobs or deliveries that fails five times, which nobody's upload waits for.
	const { Migrate, Cleanup, Jobs, Webhooks, ...unattended } = functions;
	for (const [name, { function: fn }] of Object.entries(unattended)) {
		alarms[`${name}Errors`] = {
			description: `${name}: an invocation failed; its log says why.`,
			runbook: "function-errors",
			metric: fn.metricErrors({ period: fiveMinutes }),
			threshold: 1,
		};
	}
	return alarms;
}

function outageAlarms(environment: Environment, sources: Sources) {
	const { application, database, api } = sources;
	const alarms: Record<string, AlarmRule> = {
		WaitingItems: {
			description:
				"An item waits for its next stage for more than half an hour, or the sweeper, which measures it, has stopped.",
			runbook: "waiting-items",
			metric: application("OldestWait", { statistic: "Maximum" }),
			// The sweeper restarts an item after two minutes, and again after fifteen.
			threshold: 30 * 60,
			periods: 3,
			missingDataBreaches: true,
		},
		ApiFailures: {
			description: "The API answered 5xx five times within five minutes.",
			runbook: "api-failures",
			metric: api.metricServerError({ period: fiveMinutes, statistic: "Sum" }),
			threshold: 5,
		},
		DatabaseConnectionErrors: {
			description: "Functions failed to connect to the database five times within five minutes.",
			runbook: "database-connection-errors",
			metric: application("DatabaseConnectionErrors", { statistic: "Sum" }),
			threshold: 5,
		},
		UnlimitedRequests: {
			description: "Ten requests within five minutes passed without a limit: the table of limits did not answer.",
			runbook: "unlimited-requests",
			metric: application("UnlimitedRequests", { statistic: "Sum" }),
			threshold: 10,
		},
		DatabaseStorage: {
			description: "A tenth of the database's storage is left; without any it stops writing.",
			runbook: "database-storage",
			metric: database("FreeStorageSpace", "Minimum"),
			threshold: (environment.database.storageGb * 1024 ** 3) / 10,
			below: true,
		},
	};
	for (const capability of ["vision", "embedding", "chat"] as const) {
		const chosen = defaultModel(environment, capability);
		if (!chosen) continue;
		const { label } = providers[chosen.provider];
		alarms[`${label}Errors`] = {
			description: `${label} failed to answer ten times within a quarter of an hour.`,
			runbook: "provider-errors",
			metric: application("ProviderErrors", {
				series: label,
				statistic: "Sum",
				period: Duration.minutes(15),
			}),
			threshold: 10,
		};
		// Where no provider is chosen, none fails.
		alarms.OpenedCircuits = {
			description: "A model failed so often that calls pass it by and images wait, and its trial failed, too.",
			runbook: "opened-circuits",
			metric: application("OpenedCircuits", { statistic: "Sum" }),
			threshold: 2,
		};
	}
	return alarms;
}

function earlyWarnings(environment: Environment, { api, functions, database }: Sources): Record<string, AlarmRule> {
	const { instanceClass } = environment.database;
	return {
		ApiSlow: {
			description: "One answer in twenty takes five seconds or longer.",
			runbook: "api-slow",
			metric: api.metricLatency({ period: fiveMinutes, statistic: "p95" }),
			threshold: 5_000,
			periods: 3,
		},
		ApiThrottles: {
			description: "The api function was refused a sandbox: as many run as it, or the account, may have.",
			runbook: "function-throttles",
			metric: functions.Api.function.metricThrottles({ period: fiveMinutes }),
			threshold: 1,
			periods: 3,
		},
		DatabaseCpu: {
			description: "The database's processor is busy for a quarter of an hour.",
			runbook: "database-cpu",
			metric: database("CPUUtilization", "Average"),
			threshold: 90,
			periods: 3,
		},
		DatabaseConnections: {
			description: "Four fifths of the database's connections are taken.",
			runbook: "database-connections",
			metric: database("DatabaseConnections", "Maximum"),
			threshold: Math.floor((connectionsAllowed(instanceClass) ?? 0) * 0.8),
			periods: 3,
		},
	};
}

/** Returns the properties of the CloudWatch alarm. */
export function alarmProps(rule: AlarmRule) {
	return {
		alarmDescription: `${rule.description} What to do: docs/runbooks/${rule.runbook}.md`,
		metric: rule.metric,
		threshold: rule.threshold,
		evaluationPeriods: rule.periods ?? 1,
		comparisonOperator: rule.below
			? ComparisonOperator.LESS_THAN_THRESHOLD
			: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		treatMissingData: rule.missingDataBreaches ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
	};
}
