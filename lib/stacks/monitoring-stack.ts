import { Aws } from "aws-cdk-lib";
import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { EnvironmentStack } from "../constructs/environment-stack.ts";
import type { Environment } from "../environments.ts";
import { alarmProps, alarmsOf } from "../monitoring/alarms.ts";
import { dashboard } from "../monitoring/dashboard.ts";
import { metricSources } from "../monitoring/metric-sources.ts";
import type { ApiStack } from "./api-stack.ts";
import type { ComputeStack } from "./compute-stack.ts";
import type { DatabaseStack } from "./database-stack.ts";

export interface MonitoringStackProps {
	environment: Environment;
	database: DatabaseStack;
	compute: ComputeStack;
	api: ApiStack;
}

/** Shows how the environment does, and tells a person by e-mail when it fails or costs more than it may. */
export class MonitoringStack extends EnvironmentStack {
	constructor(
		scope: Construct,
		{ environment, database, compute, api }: MonitoringStackProps,
	) {
		super(scope, "Monitoring", environment);
		const topic = this.alarmTopic(environment);
		const sources = metricSources(environment, database, compute, api.httpApi);
		const alarms = Object.entries(alarmsOf(environment, sources)).map(
			([id, rule]) => {
				const alarm = new Alarm(this, id, alarmProps(rule));
				alarm.addAlarmAction(new SnsAction(topic));
				return alarm;
			},
		);
		const { dashboardName } = dashboard(this, environment, sources, alarms);
		this.output("DashboardName", dashboardName);
		this.budget(environment);
	}

	private alarmTopic({ alarmEmail }: Environment): Topic {
		// Not encrypted with the key alias/aws/sns: CloudWatch cannot publish to such a topic.
		const topic = new Topic(this, "Alarms", { enforceSSL: true });
		topic.addSubscription(new EmailSubscription(alarmEmail));
		// A topic with a policy of its own loses the default one, which let the account's alarms in.
		topic.addToResourcePolicy(
			new PolicyStatement({
				principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
				actions: ["sns:Publish"],
				resources: [topic.topicArn],
				conditions: { StringEquals: { "aws:SourceAccount": Aws.ACCOUNT_ID } },
			}),
		);
		return topic;
	}

	/** Of the environment where its tag is active for cost allocation: before that a filter by tag sees nothing. */
	private budget({
		name,
		alarmEmail,
		monthlyBudgetUsd,
		costAllocationTagActive,
	}: Environment): void {
		const tell = (
			notificationType: "ACTUAL" | "FORECASTED",
			percent: number,
		) => ({
			notification: {
				notificationType,
				comparisonOperator: "GREATER_THAN",
				threshold: percent,
				thresholdType: "PERCENTAGE",
			},
			subscribers: [{ subscriptionType: "EMAIL", address: alarmEmail }],
		});
		new CfnBudget(this, "Budget", {
			budget: {
				budgetType: "COST",
				timeUnit: "MONTHLY",
				budgetLimit: { amount: monthlyBudgetUsd, unit: "USD" },
				...(costAllocationTagActive && {
					costFilters: { TagKeyValue: [`user:Environment$${name}`] },
				}),
			},
			notificationsWithSubscribers: [
				tell("ACTUAL", 80),
				tell("ACTUAL", 100),
				tell("FORECASTED", 100),
			],
		});
	}
}
