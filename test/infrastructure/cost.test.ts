import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { environmentNames } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import prices from "#tools/cost/aws-prices.json" with { type: "json" };
import { choices, withChoice } from "#tools/cost/choices.ts";
import { estimate, total } from "#tools/cost/estimate.ts";
import { readmeTables, withTables } from "#tools/cost/readme-table.ts";
import type { Profile } from "#tools/cost/usage.ts";
import cdk from "../../cdk.json" with { type: "json" };
import { synthesize, type Template, templatesOf } from "./synthesized.ts";

const templates = Object.fromEntries(
	environmentNames.map((name) => [name, Object.values(templatesOf(name))]),
) as Record<(typeof environmentNames)[number], Template[]>;
const environmentOf = (name: string) => readEnvironment(cdk.context.environments, name);
const { models, chatModels } = environmentOf("dev");
const nobody: Profile = {
	users: 0,
	uploads: 0,
	visionProvider: "offline",
	embeddingProvider: "offline",
	chatProvider: "offline",
	models,
	chatModels,
};
const billOf = (
	name: (typeof environmentNames)[number],
	profile: Partial<Profile> = {},
	stacks: { Resources: Template["Resources"] }[] = templates[name],
) => estimate(stacks, environmentOf(name), { ...nobody, ...profile });
const listed = (lines: ReturnType<typeof estimate>, what: RegExp) =>
	Number(
		lines
			.filter(({ label }) => what.test(label))
			.reduce((sum, { list }) => sum + list, 0)
			.toFixed(4),
	);

describe("a month's bill", () => {
	test("of an idle dev is at most 21 dollars", () => {
		const { pay } = total(billOf("dev"));
		expect(pay).toBeGreaterThan(15);
		expect(pay).toBeLessThanOrEqual(21);
	});

	test("of an idle prod is below 98 dollars", () => {
		expect(total(billOf("prod")).pay).toBeLessThan(98);
	});

	test.each(environmentNames)("of an idle %s is within its budget", (name) => {
		expect(total(billOf(name)).pay).toBeLessThan(environmentOf(name).monthlyBudgetUsd);
	});

	test("has a line for each billed resource", () => {
		const lines = billOf("dev");
		const hours = prices.hoursPerMonth;
		expect(listed(lines, /^Postgres db\.t4g\.micro$/)).toBe(0.016 * hours);
		expect(listed(lines, /^Postgres storage/)).toBe(2.3);
		expect(listed(lines, /IPv4/)).toBe(3.65);
		// Two of ours and the master's.
		expect(listed(lines, /^secrets/)).toBe(1.2);
		expect(listed(lines, /^dashboards/)).toBe(3);
		expect(listed(lines, /^NAT/)).toBe(0);
		const alarms = templates.dev
			.flatMap(({ Resources }) => Object.values(Resources))
			.filter(({ Type }) => Type === "AWS::CloudWatch::Alarm").length;
		expect(listed(lines, /^alarms/)).toBeCloseTo(alarms * 0.1);
	});

	test("counts a dashboard's metrics: with more than 50 it is not free", () => {
		const dashboard = (lines: ReturnType<typeof estimate>) => lines.find(({ label }) => label.startsWith("dashboards"));
		// Each dead-letter queue of work and each function is a metric of its own.
		expect(dashboard(billOf("dev"))?.label).toMatch(/ of ([34]\d|50) metrics$/);
		expect(dashboard(billOf("dev"))?.alwaysFree).toBe(3);
		const asking = billOf("dev", {
			uploads: 1,
			visionProvider: "anthropic",
			embeddingProvider: "voyage",
		});
		expect(dashboard(asking)?.label).toMatch(/ of [56]\d metrics$/);
		expect(dashboard(asking)?.alwaysFree).toBe(0);
	});

	test("doubles the resources in two zones, and counts the NAT gateway and its address", () => {
		const lines = billOf("prod");
		const hours = prices.hoursPerMonth;
		expect(listed(lines, /^Postgres db\.t4g\.small/)).toBe(2 * 0.032 * hours);
		expect(listed(lines, /^Postgres storage/)).toBeCloseTo(2 * 20 * 0.115);
		expect(listed(lines, /^NAT gateways/)).toBe(0.045 * hours);
		expect(listed(lines, /IPv4/)).toBe(0.005 * hours);
	});

	test("has a line for Database Insights only where it costs", () => {
		expect(listed(billOf("dev"), /^Database Insights/)).toBe(0);
		const { DB } = synthesize("dev", ({ dev }) => {
			dev.database = { insights: "advanced" };
		});
		expect(listed(billOf("dev", {}, [DB]), /^Database Insights/)).toBe(0.0125 * 2 * prices.hoursPerMonth);
	});

	test("counts the public address of a NAT instance, which its subnet gives it", () => {
		const stacks = Object.values(
			synthesize("prod", ({ prod }) => {
				prod.network.nat = "instance";
			}),
		);
		const lines = billOf("prod", {}, stacks);
		expect(listed(lines, /IPv4/)).toBe(0.005 * prices.hoursPerMonth);
		expect(listed(lines, /^NAT gateways/)).toBe(0);
	});

	test("grows with use, and by the tokens of the models in use", () => {
		const use = { users: 10, uploads: 1_000 };
		const offline = billOf("dev", use);
		const asked = billOf("dev", {
			...use,
			visionProvider: "anthropic",
			embeddingProvider: "voyage",
		});
		expect(total(offline).pay).toBeGreaterThan(total(billOf("dev")).pay);
		// 1,000 times 3,500 tokens in and 900 out of claude-haiku-5-5, at 0.10 and 0.50 a million.
		expect(listed(asked, /^AI: descriptions/)).toBeCloseTo(0.8, 6);
		expect(listed(asked, /^AI: embeddings/)).toBeGreaterThan(0.01);
		expect(listed(offline, /^AI/)).toBe(0);
	});

	test("includes the cost of answers: searches and conversations call a model, too", () => {
		const use = {
			users: 10,
			uploads: 1_000,
			chatProvider: "anthropic",
		} as const;
		const lines = billOf("dev", use);
		// 600 answers of 3,000 tokens in and 200 out of claude-sonnet-5-5, at 2 and 10 a million.
		expect(listed(lines, /^AI: answers to searches/)).toBeCloseTo(4.8, 6);
		// 200 turns of two calls, each of 4,000 in and 200 out.
		expect(listed(lines, /^AI: conversations/)).toBeCloseTo(4, 6);
		expect(listed(lines, /^DynamoDB writes/)).toBeGreaterThan(0);
		// One provider, whose two models are metrics of their own each.
		const metrics = (profile: Partial<Profile>) =>
			listed(billOf("dev", { ...use, ...profile }), /^custom metrics/) / prices.customMetricMonth;
		expect(metrics({ visionProvider: "anthropic" }) - metrics({})).toBeCloseTo(3);
	});

	test("counts the metrics of an idle environment: the longest wait, and two of sessions", () => {
		expect(listed(billOf("dev"), /^custom metrics/)).toBeCloseTo(3 * prices.customMetricMonth);
	});

	test("fails for a model without a price that is called, and not for one that is not", () => {
		const bedrock = { chatProvider: "bedrock" } as const;
		expect(listed(billOf("dev", bedrock), /^AI/)).toBe(0);
		expect(() => billOf("dev", { ...bedrock, users: 1 })).toThrow(
			`The price of ${chatModels.bedrock} is not known: add it to packages/ai/providers.ts.`,
		);
	});

	test("deducts no more than the permanent free tier, and no more than is used", () => {
		for (const profile of [nobody, { ...nobody, users: 1e6, uploads: 1e7 }]) {
			for (const { list, alwaysFree } of billOf("prod", profile)) {
				expect(alwaysFree).toBeGreaterThanOrEqual(0);
				expect(alwaysFree).toBeLessThanOrEqual(list);
			}
		}
		const [functions] = billOf("dev", { uploads: 1e6 }).filter(({ label }) => label === "Lambda time");
		expect(functions?.alwaysFree).toBeCloseTo(400_000 * 0.0000133334);
	});

	test("fails for a resource without a price, and names it", () => {
		const withType = (Type: string, Properties = {}) => [
			...templates.dev,
			{ Resources: { New: { Type, Properties } } },
		];
		expect(() => billOf("dev", {}, withType("AWS::EKS::Cluster"))).toThrow(
			"The price of AWS::EKS::Cluster is not known",
		);
		expect(() => billOf("dev", {}, withType("AWS::RDS::DBInstance", { DBInstanceClass: "db.r9g.huge" }))).toThrow(
			"The price of db.r9g.huge is not known",
		);
	});

	test("is not estimated of nothing: templates without resources, or a property that is missing", () => {
		expect(() => billOf("dev", {}, [])).toThrow("nothing to estimate");
		const withoutMemory = { Type: "AWS::Lambda::Function", Properties: { Architectures: ["arm64"] } };
		expect(() => billOf("dev", {}, [...templates.dev, { Resources: { ApiWithoutMemory: withoutMemory } }])).toThrow(
			'The price of "Lambda time" is NaN',
		);
	});
});

test("the README's tables are the command's current output", () => {
	const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
	const tables = readmeTables(
		(["dev", "prod"] as const).map((name) => ({
			environment: environmentOf(name),
			templates: templates[name],
		})),
		choices.map((choice) => {
			const table = withChoice(cdk.context.environments, choice);
			return {
				...choice,
				environment: readEnvironment(table, choice.environment),
				templates: Object.values(synthesize(choice.environment, (rows) => Object.assign(rows, table))),
			};
		}),
	);
	// Written anew by `make cost README=1`.
	expect(readme).toBe(withTables(readme, tables));
});
