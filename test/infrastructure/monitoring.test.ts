import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { providers, providersWith } from "#ai/providers.ts";
import { metricNamespace, metrics } from "#lambda-kit/metrics.ts";
import { environmentNames } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import cdk from "../../cdk.json" with { type: "json" };
import { ofType, only, type Part, pointsAt, synthesize, type Template, templatesOf } from "./synthesized.ts";

const root = join(import.meta.dirname, "../..");
const runbooks = join(root, "docs/runbooks");

const synthesized = Object.fromEntries(environmentNames.map((name) => [name, templatesOf(name)])) as Record<
	(typeof environmentNames)[number],
	Record<Part, Template>
>;
/** Every possible alarm, with early warnings and those of providers. */
const complete = synthesize("prod", ({ prod }) => {
	prod.visionProvider = "anthropic";
	prod.embeddingProvider = "voyage";
	prod.chatProvider = "bedrock";
});

const alarmsOf = ({ Monitoring }: Record<Part, Template>) => ofType(Monitoring, "AWS::CloudWatch::Alarm");
const runbookOf = (description: string) => / What to do: docs\/runbooks\/([a-z-]+)\.md$/.exec(description)?.[1];

describe.each(environmentNames)("the monitoring of %s", (name) => {
	const templates = synthesized[name];
	const environment = readEnvironment(cdk.context.environments, name);
	const at = (value: unknown) => pointsAt(templates, value);
	const alarms = alarmsOf(templates);

	test("watches for silence as well as for failures", () => {
		const rules = Object.fromEntries(
			Object.entries(alarms).map(([id, { Properties }]) => [
				id,
				[
					Properties.Namespace,
					Properties.MetricName,
					Properties.ComparisonOperator,
					Properties.Threshold,
					Properties.TreatMissingData,
				],
			]),
		);
		const above = "GreaterThanOrEqualToThreshold";
		expect(rules).toMatchObject({
			// A silent sweeper is as bad as a waiting item.
			WaitingItems: [metricNamespace, "OldestWait", above, 1800, "breaching"],
			ApiFailures: ["AWS/ApiGateway", "5xx", above, 5, "notBreaching"],
			DatabaseConnectionErrors: [metricNamespace, "DatabaseConnectionErrors", above, 5, "notBreaching"],
			UnlimitedRequests: [metricNamespace, "UnlimitedRequests", above, 10, "notBreaching"],
			DatabaseStorage: [
				"AWS/RDS",
				"FreeStorageSpace",
				"LessThanThreshold",
				environment.database.storageGb * 1024 ** 3 * 0.1,
				"notBreaching",
			],
		});
		const early = ["ApiSlow", "ApiThrottles", "DatabaseConnections", "DatabaseCpu"];
		expect(early.filter((id) => Object.hasOwn(rules, id))).toEqual(environment.earlyWarnings ? early : []);
	});

	test("watches its own api and its own database", () => {
		const watched = (id: string) =>
			alarms[id]?.Properties.Dimensions.map(
				({ Name, Value }: { Name: string; Value: unknown }) => `${Name} ${at(Value)}`,
			);
		expect(watched("ApiFailures")).toEqual(["ApiId Http"]);
		expect(watched("DatabaseStorage")).toEqual(["DBInstanceIdentifier Database"]);
		expect(watched("WaitingItems")).toEqual([`Environment ${name}`]);
	});

	test("mails a person, through a topic that CloudWatch may publish to", () => {
		for (const { Properties } of Object.values(alarms)) {
			expect(Properties.AlarmActions.map(at)).toEqual(["Alarms"]);
		}
		const subscription = only(templates.Monitoring, "AWS::SNS::Subscription");
		expect(subscription).toMatchObject({
			Protocol: "email",
			Endpoint: environment.alarmEmail,
		});
		const topic = only(templates.Monitoring, "AWS::SNS::Topic");
		expect(topic.KmsMasterKeyId).toBeUndefined();
		const { PolicyDocument } = only(templates.Monitoring, "AWS::SNS::TopicPolicy");
		expect(PolicyDocument.Statement).toContainEqual(
			expect.objectContaining({
				Effect: "Allow",
				Action: "sns:Publish",
				Principal: { Service: "cloudwatch.amazonaws.com" },
			}),
		);
	});

	test("has a budget of the environment's amount, for the whole account until the tag is active", () => {
		const { Budget, NotificationsWithSubscribers } = only(templates.Monitoring, "AWS::Budgets::Budget");
		expect(Budget).toMatchObject({
			BudgetType: "COST",
			TimeUnit: "MONTHLY",
			BudgetLimit: { Amount: environment.monthlyBudgetUsd, Unit: "USD" },
		});
		expect(Budget.CostFilters).toBeUndefined();
		for (const { Subscribers } of NotificationsWithSubscribers) {
			expect(Subscribers).toEqual([{ SubscriptionType: "EMAIL", Address: environment.alarmEmail }]);
		}
		expect(NotificationsWithSubscribers).toHaveLength(3);
	});

	test("has a dashboard with every metric of the application and of the services it uses", () => {
		const { DashboardName, DashboardBody } = only(templates.Monitoring, "AWS::CloudWatch::Dashboard");
		expect(DashboardName).toBe(`collections-${name}`);
		const body = at(DashboardBody);
		const { widgets } = JSON.parse(body.replaceAll("AWS::", "AWS-"));
		expect(widgets.length).toBeGreaterThan(15);
		for (const metric of [
			...Object.keys(metrics),
			...["4xx", "5xx", "Count", "Latency"],
			...["Errors", "Duration", "Throttles", "ConcurrentExecutions"],
			...["CPUUtilization", "DatabaseConnections", "FreeStorageSpace"],
			...["ReadThrottleEvents", "WriteThrottleEvents"],
			"ApproximateNumberOfMessagesVisible",
		]) {
			expect(body, metric).toMatch(new RegExp(`\\b${metric}\\b`));
		}
		for (const stage of ["process", "analyze", "embed"]) {
			for (const statistic of ["p50", "p95"]) {
				const drawn = widgets
					.flatMap(({ properties }: Widget) => properties.metrics ?? [])
					.some(
						(metric: unknown[]) =>
							metric.includes("StageDuration") &&
							metric.includes(stage) &&
							JSON.stringify(metric).includes(`"${statistic}"`),
					);
				expect(drawn, `${stage} ${statistic}`).toBe(true);
			}
		}
	});
});

test("some function writes every metric of the application", () => {
	const sources = ["packages", "lambdas"]
		.flatMap((folder) =>
			readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
				.filter((file) => file.endsWith(".ts"))
				.map((file) => join(root, folder, file)),
		)
		.filter((file) => !file.endsWith("lambda-kit/metrics.ts"))
		.map((file) => readFileSync(file, "utf8"))
		.filter((text) => text.includes("metrics:"))
		.join();
	for (const name of Object.keys(metrics)) {
		expect(sources).toMatch(new RegExp(`\\b${name}:`));
	}
});

interface Widget {
	properties: { metrics?: unknown[][] };
}

test("an environment with a provider has an alarm on its failures, under the name that its metrics have", () => {
	const { AnthropicErrors, BedrockErrors, VoyageErrors, OpenAIErrors } = alarmsOf(complete);
	expect(BedrockErrors).toBeDefined();
	expect(OpenAIErrors).toBeUndefined();
	expect(VoyageErrors).toBeDefined();
	expect(AnthropicErrors?.Properties.Dimensions).toContainEqual({
		Name: "Provider",
		Value: "Anthropic",
	});
	// An adapter names its row in the table of providers, and the row's label is the dimension of its metrics.
	const names = new Set([...providersWith("vision"), ...providersWith("embedding"), ...providersWith("chat")]);
	expect([...names].map((name) => providers[name].label).sort()).toEqual(["Anthropic", "Bedrock", "OpenAI", "Voyage"]);
	for (const name of names) {
		const folder = join(root, "packages/ai", name);
		const adapters = readdirSync(folder)
			.map((file) => readFileSync(join(folder, file), "utf8"))
			.join();
		expect(adapters).toMatch(new RegExp(`(name: |sdkCall\\()"${name}"`));
	}
});

test("a budget counts only its environment where the tag is active", () => {
	const { Monitoring } = synthesize("dev", ({ dev }) => {
		dev.costAllocationTagActive = true;
	});
	expect(only(Monitoring, "AWS::Budgets::Budget").Budget.CostFilters).toEqual({
		TagKeyValue: ["user:Environment$dev"],
	});
});

describe("runbooks", () => {
	const files = readdirSync(runbooks).map((file) => file.replace(/\.md$/, ""));

	test("belong to an alarm each, and every alarm has one", () => {
		const named = Object.entries(alarmsOf(complete)).map(([id, { Properties }]) => {
			const runbook = runbookOf(Properties.AlarmDescription);
			expect(runbook, id).toBeDefined();
			return runbook;
		});
		expect([...new Set(named)].sort()).toEqual(files.sort());
		for (const templates of Object.values(synthesized)) {
			for (const { Properties } of Object.values(alarmsOf(templates))) {
				const file = `${runbookOf(Properties.AlarmDescription)}.md`;
				expect(existsSync(join(runbooks, file)), file).toBe(true);
			}
		}
	});

	test.each(files)("%s has the sections What it means, How to see it, What to do", (file) => {
		const text = readFileSync(join(runbooks, `${file}.md`), "utf8");
		const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
		expect(headings).toEqual(["What it means", "How to see it", "What to do"]);
	});

	test("name only commands that exist", () => {
		const targets = [...readFileSync(join(root, "Makefile"), "utf8").matchAll(/^([a-z][a-z-]*):/gm)].map(
			([, target]) => target,
		);
		const texts = [
			...files.map((file) => `docs/runbooks/${file}.md`),
			...readdirSync(join(root, "docs"))
				.filter((file) => file.endsWith(".md"))
				.map((file) => `docs/${file}`),
			"README.md",
		].map((file) => readFileSync(join(root, file), "utf8"));
		const named = texts.flatMap((text) =>
			// Except "make it" and the like, which are plain English.
			[...text.matchAll(/\bmake (?:-s )?(?!(?:it|one|targets)\b)([a-z][a-z-]*)/g)].map(([, target]) => target),
		);
		expect(named.length).toBeGreaterThan(60);
		expect(targets).toEqual(expect.arrayContaining(named));
	});
});
