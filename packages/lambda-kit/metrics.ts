/** The namespace of the application's metrics: functions write them into log lines, dashboard and alarms read them. */
export const metricNamespace = "Collections";

/**
 * Every metric has the dimension `Environment`, and one more where `by` names it. Each value that a dimension takes
 * is a series with a price (`make cost`): a dimension never holds what a person may write.
 */
export const metrics = {
	/** Of stages that ended, committed or failed. */
	StageDuration: { unit: "Milliseconds", by: "Stage" },
	/** Failures whose message is delivered again. */
	StageRetries: { unit: "Count", by: "Stage" },
	/** Images and requests whose stage failed for good. */
	StageFailures: { unit: "Count", by: "Stage" },
	/** From the item's row to its first embedding; an upload by form includes the person's sending. */
	UploadToReady: { unit: "Seconds", by: null },
	/** Of the item that waits longest for its next stage; 0 where none waits. */
	OldestWait: { unit: "Seconds", by: null },
	/** Conversations, counted once an hour; expired ones are those that the table has not removed yet. */
	ActiveSessions: { unit: "Count", by: null },
	ExpiredSessions: { unit: "Count", by: null },
	/** Connections that the database refused, or that failed. */
	DatabaseConnectionErrors: { unit: "Count", by: null },
	/** Requests that passed without a limit, since the limiter's table did not answer. */
	UnlimitedRequests: { unit: "Count", by: null },
	/** Models that failed so often that calls pass them by for a while; again each time that a trial fails. */
	OpenedCircuits: { unit: "Count", by: null },
	/** Times that the circuits' table did not answer, so that calls passed. */
	CircuitFailures: { unit: "Count", by: null },
	/** Verifications whose outcome was that of the same request before. */
	CachedVerifications: { unit: "Count", by: null },
	/** Queries whose vector was that of the same query before. */
	CachedQueries: { unit: "Count", by: null },
	/** Of single requests: a model call may make several. */
	ProviderDuration: { unit: "Milliseconds", by: "Provider" },
	ProviderErrors: { unit: "Count", by: "Provider" },
	/** Requests refused with 429. */
	ProviderThrottles: { unit: "Count", by: "Provider" },
	InputTokens: { unit: "Count", by: "Model" },
	OutputTokens: { unit: "Count", by: "Model" },
	Dollars: { unit: "None", by: "Model" },
} as const satisfies Record<
	string,
	{
		unit: "Milliseconds" | "Seconds" | "Count" | "None";
		by: "Stage" | "Provider" | "Model" | null;
	}
>;
export type MetricName = keyof typeof metrics;

type Dimension = NonNullable<(typeof metrics)[MetricName]["by"]>;

/** The measurements of one log line, by metric (undefined is not measured), and their dimensions. */
export interface Measurement extends Partial<Record<Dimension, string>> {
	metrics: Partial<Record<MetricName, number | undefined>>;
}

/**
 * Returns the fields of a log line in the Embedded Metric Format, from which CloudWatch reads metrics without a call
 * or a permission.
 */
export function embeddedMetrics(
	{ metrics: measured, ...dimensions }: Measurement,
	environment = "unknown",
): Record<string, unknown> {
	const names = (Object.keys(measured) as MetricName[]).filter((name) => measured[name] !== undefined);
	if (names.length === 0) return {};
	const groups = Map.groupBy(names, (name) => metrics[name].by);
	return {
		...measured,
		...dimensions,
		Environment: environment,
		_aws: {
			Timestamp: Date.now(),
			CloudWatchMetrics: [...groups].map(([by, group]) => ({
				Namespace: metricNamespace,
				Dimensions: [["Environment", ...(by ? [by] : [])]],
				Metrics: group.map((name) => ({
					Name: name,
					Unit: metrics[name].unit,
				})),
			})),
		},
	};
}
