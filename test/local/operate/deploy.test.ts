import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type DeployedDev, deployedDev } from "./five-stacks.ts";

let dev: DeployedDev;
beforeAll(async () => {
	dev = await deployedDev();
	await new SSMClient({
		region: "eu-central-1",
		endpoint: dev.cloud.endpoint,
		credentials: dev.cloud.operator,
	}).send(
		new PutParameterCommand({
			Name: "/cdk-bootstrap/hnb659fds/version",
			Value: "28",
			Type: "String",
		}),
	);
});
afterAll(() => dev?.end());
beforeEach(() => dev.forgetSteps());

const synth = "cdk synth --quiet -c env=dev --output cdk.out --no-notices --ci";
const diff = "cdk diff --app cdk.out --no-notices --ci";
const deploy = (...parts: string[]) =>
	`cdk deploy ${parts.map((part) => `Collections${part}-dev`).join(" ")} --app cdk.out --exclusively --require-approval never --revert-drift --progress events --no-notices --ci`;

test("a deployment is preflight, diff, what holds data, migrations, what uses it, outputs", async () => {
	const { code, stdout, stderr } = await dev.operate("infra-deploy", {
		YES: "1",
	});
	expect(stderr).toBe("");
	expect(code).toBe(0);
	expect(dev.steps()).toEqual([
		synth,
		diff,
		deploy("DB", "Storage"),
		"migrate",
		deploy("Compute", "API", "Monitoring"),
	]);
	expect(stdout).toContain("Migrations applied: 0009_colours.");
	expect(JSON.parse(dev.read(".aws-outputs-dev.json"))).toMatchObject({
		Environment: "dev",
		ApiUrl: "https://api.collections.app",
		AwsEndpointUrl: dev.cloud.endpoint,
		DashboardName: null,
	});
});

test("a failing migration deploys nothing after it, says what failed, and can be run again", async () => {
	dev.write("migration-fails", "");
	const { code, stderr } = await dev.operate("infra-deploy", { YES: "1" });
	expect(code).toBe(1);
	expect(dev.steps()).toEqual([
		synth,
		diff,
		deploy("DB", "Storage"),
		"migrate",
	]);
	expect(stderr).toContain('column "colour" contains null values');
	expect(stderr).toContain("make infra-deploy");
});
