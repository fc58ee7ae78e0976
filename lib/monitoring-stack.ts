import { Aws, Duration } from "aws-cdk-lib";
import {
	Alarm,
	ComparisonOperator,
	type Metric,
	TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import type { ComputeStack } from "./compute-stack.ts";
import { EnvironmentStack } from "./constructs/environment-stack.ts";
import type { DatabaseStack } from "./database-stack.ts";
import type { Environment } from "./environments.ts";

export interface MonitoringStackProps {
	environment: Environment;
	database: DatabaseStack;
	compute: ComputeStack;
}

/** Tells a person by e-mail when something was given up on or a function failed. */
export class MonitoringStack extends EnvironmentStack {
	private readonly alarms: Topic;

	constructor(
		scope: Construct,
		{ environment, database, compute }: MonitoringStackProps,
	) {
		super(scope, "Monitoring", environment);
		// Not encrypted with the key alias/aws/sns: CloudWatch cannot publish to such a topic.
		this.alarms = new Topic(this, "Alarms", { enforceSSL: true });
		this.alarms.addSubscription(new EmailSubscription(environment.alarmEmail));
		// A topic with a policy of its own loses the default one, which let the account's alarms in.
		this.alarms.addToResourcePolicy(
			new PolicyStatement({
				principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
				actions: ["sns:Publish"],
				resources: [this.alarms.topicArn],
				conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
			}),
		);

		for (const [name, queue] of Object.entries(compute.deadLetters)) {
			this.alarm(
				`${name}DeadLetters`,
				`${name}: something was given up on and waits in ${queue.node.path}.`,
				queue.metricApproximateNumberOfMessagesVisible({
					period: Duration.minutes(5),
					statistic: "Maximum",
				}),
			);
		}
		const functions = {
			Api: compute.api,
			ImageProcessor: compute.imageProcessor.worker,
			Analyzer: compute.analyzer.worker,
			Embedder: compute.embedder.worker,
			Cleanup: compute.cleanup,
			Migrate: database.migrate,
		};
		for (const [name, { function: fn }] of Object.entries(functions)) {
			this.alarm(
				`${name}Errors`,
				`${name}: an invocation failed; its log says why.`,
				fn.metricErrors({ period: Duration.minutes(5) }),
			);
		}
	}

	private alarm(id: string, description: string, metric: Metric): void {
		new Alarm(this, id, {
			alarmDescription: description,
			metric,
			threshold: 1,
			evaluationPeriods: 1,
			comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
			treatMissingData: TreatMissingData.NOT_BREACHING,
		}).addAlarmAction(new SnsAction(this.alarms));
	}
}
