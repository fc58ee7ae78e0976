import { Aws } from "aws-cdk-lib";
import { CfnBudget } from "aws-cdk-lib/aws-budgets";
import { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";
import { databaseHours } from "../constructs/database-hours.ts";
import { EnvironmentStack } from "../constructs/environment-stack.ts";
import type { Environment } from "../environments.ts";
import { alarmProps, alarmsOf } from "../monitoring/alarms.ts";
import { dashboard } from "../monitoring/dashboard.ts";
import { metricSources } from "../monitoring/metric-sources.ts";
import type { ApiStack } from "./api-stack.ts";
import type { ComputeStack } from "./compute-stack.ts";
import type { DatabaseStack } from "./database-stack.ts";

interface MonitoringStackProps {
	environment: Environment;
	database: DatabaseStack;
	compute: ComputeStack;
	api: ApiStack;
}

/** The dashboard, and mails to a person when the environment fails or exceeds its budget. */
export class MonitoringStack extends EnvironmentStack {
	constructor(scope: Construct, { environment, database, compute, api }: MonitoringStackProps) {
		super(scope, "Monitoring", environment);
		const topic = this.alarmTopic(environment);
		const sources = metricSources(environment, database, compute, api.httpApi);
		const alarms: Record<string, Alarm> = {};
		for (const [id, rule] of Object.entries(alarmsOf(environment, sources))) {
			const alarm = new Alarm(this, id, alarmProps(rule));
			alarm.addAlarmAction(new SnsAction(topic));
			alarms[id] = alarm;
		}
		const { dashboardName } = dashboard(this, environment, sources, Object.values(alarms));
		this.output("DashboardName", dashboardName);
		this.budget(environment);
		const { hours } = environment.database;
		if (hours) databaseHours(this, hours, { database, compute, alarms });
	}

	private alarmTopic({ alarmEmail }: Environment): Topic {
		// Not encrypted with the key alias/aws/sns, since CloudWatch could not publish then.
		const topic = new Topic(this, "Alarms", { enforceSSL: true });
		topic.addSubscription(new EmailSubscription(alarmEmail));
		// A topic's own policy replaces the default one, which allowed the account's alarms.
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

	/** Counts the environment alone where its tag is active for cost allocation; before that a filter by tag matches nothing. */
	private budget({ name, alarmEmail, monthlyBudgetUsd, costAllocationTagActive }: Environment): void {
		const notification = (notificationType: "ACTUAL" | "FORECASTED", percent: number) => ({
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
				notification("ACTUAL", 80),
				notification("ACTUAL", 100),
				notification("FORECASTED", 100),
			],
		});
	}
}
