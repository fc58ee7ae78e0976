/** The application's own metrics: functions write them into their log lines, dashboard and alarms read them. */
export const metricNamespace = "Collections";

/**
 * Every metric has the dimension `Environment`, and one more where `by` names it. Each value that a dimension takes
 * is a series with a price (`make cost`): a dimension never holds what a person may write.
 */
export const metrics = {
	/** Of work that ended, committed or failed. */
	StageDuration: { unit: "Milliseconds", by: "Stage" },
	/** Failures whose message comes again. */
	StageRetries: { unit: "Count", by: "Stage" },
	/** Images and requests that were given up on. */
	StageFailures: { unit: "Count", by: "Stage" },
	/** From the item's row to its first place in the search space; for a form that includes the person's upload. */
	UploadToReady: { unit: "Seconds", by: null },
	/** Of the item that waits longest for its next stage; 0 where none waits. */
	OldestWait: { unit: "Seconds", by: null },
	/** Of single requests: a call of a model may make several. */
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

/** What one log line measures: numbers by metric, where undefined is not measured, and what they are about. */
export interface Measurement extends Partial<Record<Dimension, string>> {
	metrics: Partial<Record<MetricName, number | undefined>>;
}

/**
 * The fields of a log line from which CloudWatch reads metrics: the Embedded Metric Format, which needs no call and
 * no permission.
 */
export function embeddedMetrics(
	{ metrics: measured, ...dimensions }: Measurement,
	environment = "unknown",
): Record<string, unknown> {
	const names = (Object.keys(measured) as MetricName[]).filter(
		(name) => measured[name] !== undefined,
	);
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
