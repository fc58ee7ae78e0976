import { CURRENT_VERSION_EXPIRED_FLAGS, FLAGS } from "aws-cdk-lib/cx-api";
import { describe, expect, test } from "vitest";
import { environmentNames } from "#lib/environments.ts";
import { exceptions, featureFlags } from "#lib/feature-flags.ts";
import { assemblyOf, ofType, synthesize } from "./synthesized.ts";

const known = Object.keys(FLAGS).filter((flag) => !CURRENT_VERSION_EXPIRED_FLAGS.includes(flag));

describe("the CDK's feature flags", () => {
	test("are all decided, and no other", () => {
		expect(Object.keys(featureFlags).sort()).toEqual(known.sort());
	});

	test("are as the CDK recommends, but for the exceptions", () => {
		const otherwise = known.filter(
			(flag) => JSON.stringify(featureFlags[flag]) !== JSON.stringify(FLAGS[flag]?.recommendedValue),
		);
		expect(otherwise.sort()).toEqual(Object.keys(exceptions).sort());
	});

	test.each(environmentNames)("reach the templates of %s, so that cdk flags finds none undecided", (name) => {
		const report = assemblyOf(name).manifest.artifacts?.["aws-cdk-lib/feature-flag-report"]?.properties;
		const flags = Object.entries(
			(report as { flags: Record<string, { userValue?: unknown }> } | undefined)?.flags ?? {},
		);
		expect(Object.fromEntries(flags.map(([flag, { userValue }]) => [flag, userValue]))).toEqual(featureFlags);
	});

	test("give the launch templates of two private environments in one account different names", () => {
		const names = ["prod", "staging"].flatMap((name) => {
			const { DB } = synthesize(name, (environments) => {
				environments.staging = { ...environments.dev, network: environments.prod.network };
			});
			return Object.values(ofType(DB, "AWS::EC2::LaunchTemplate")).map(
				({ Properties }) => Properties.LaunchTemplateName as string,
			);
		});
		expect(names).toHaveLength(2);
		expect(new Set(names).size).toBe(2);
	});
});
