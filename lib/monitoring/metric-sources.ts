import { Duration } from "aws-cdk-lib";
import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { MathExpression, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { stageNames, stages } from "#core/pipeline/stages.ts";
import { type MetricName, metricNamespace, metrics } from "#lambda-kit/metrics.ts";
import type { Environment } from "../environments.ts";
import type { ComputeStack } from "../stacks/compute-stack.ts";
import type { DatabaseStack } from "../stacks/database-stack.ts";

/** The metrics of an environment that alarms and dashboard read. */
export type Sources = ReturnType<typeof metricSources>;

export function metricSources(
	{ name: Environment }: Environment,
	database: DatabaseStack,
	compute: ComputeStack,
	api: HttpApi,
) {
	return {
		api,
		/** Dead-letter queues by their source: `Rotation`, and those of the compute stack. */
		deadLetters: { Rotation: database.failedRotations, ...compute.deadLetters },
		functions: {
			Api: compute.api,
			Stream: compute.stream,
			...stageWorkers(compute),
			Jobs: compute.jobs.worker,
			Webhooks: compute.webhooks.worker,
			Cleanup: compute.cleanup,
			Migrate: database.migrate,
		},
		/** Makes a metric of the application, of one stage, provider or model where it has that dimension. */
		application: (
			metricName: MetricName,
			{ series, statistic, period = Duration.minutes(5) }: { series?: string; statistic: string; period?: Duration },
		) => {
			const { by } = metrics[metricName];
			return new Metric({
				namespace: metricNamespace,
				metricName,
				dimensionsMap: { Environment, ...(by && series && { [by]: series }) },
				statistic,
				period,
			});
		},
		/** Makes a metric of the application for each stage, provider or model. */
		each: (metricName: MetricName, statistic: string, period: Duration) =>
			new MathExpression({
				expression: `SEARCH('{${metricNamespace},Environment,${metrics[metricName].by}} Environment="${Environment}" MetricName="${metricName}"', '${statistic}', ${period.toSeconds()})`,
				label: metricName,
				period,
			}),
		database: (metricName: string, statistic: string) =>
			new Metric({
				namespace: "AWS/RDS",
				metricName,
				dimensionsMap: { DBInstanceIdentifier: database.instanceIdentifier },
				statistic,
				period: Duration.minutes(5),
			}),
		table: (metricName: string) =>
			new Metric({
				namespace: "AWS/DynamoDB",
				metricName,
				dimensionsMap: { TableName: database.checkpoints.tableName },
				statistic: "Sum",
				period: Duration.minutes(5),
			}),
	};
}

function stageWorkers({ stages: made }: ComputeStack) {
	return Object.fromEntries(stageNames.map((name) => [stages[name].id, made[name].worker]));
}
