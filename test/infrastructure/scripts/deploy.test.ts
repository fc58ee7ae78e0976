import { delimiter, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bootstrapped, type DeployedDev, deployedDev } from "./five-stacks.ts";
import { createScriptRunner, until } from "./script-runner.ts";

let dev: DeployedDev;
beforeAll(async () => {
	dev = await deployedDev();
	await bootstrapped(dev);
});
afterAll(() => dev?.end());
beforeEach(() => {
	dev.forgetSteps();
	dev.forget("migration-fails");
});

const synth = "cdk synth --quiet -c env=dev --output cdk.out --no-notices --ci";
const diff = "cdk diff --app cdk.out --no-notices --ci";
const deploy = (...parts: string[]) =>
	`cdk deploy ${parts.map((part) => `Collections${part}-dev`).join(" ")} --app cdk.out --exclusively --require-approval never --revert-drift --progress events --no-notices --ci`;

test("a deployment is preflight, diff, stacks with state, migrations, the other stacks, outputs", async () => {
	const { code, stdout, stderr } = await dev.operate("infra-deploy", { YES: "1" });
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
	expect(dev.steps()).toEqual([synth, diff, deploy("DB", "Storage"), "migrate"]);
	expect(stderr).toContain('column "colour" contains null values');
	expect(stderr).toContain("make infra-deploy");

	dev.forget("migration-fails");
	expect((await dev.operate("infra-deploy", { YES: "1" })).code).toBe(0);
	expect(dev.steps().at(-1)).toBe(deploy("Compute", "API", "Monitoring"));
});

test("a stack that fails ends the deployment there", async () => {
	const { code, stderr } = await dev.operate("infra-deploy", { YES: "1", CDK_FAILS_AT: "deploy CollectionsDB-dev" });
	expect(code).toBe(1);
	expect(dev.steps()).toEqual([synth, diff, deploy("DB", "Storage")]);
	expect(stderr).toContain("cdk deploy ended with exit code 1");
	expect(stderr).toContain("make infra-status ENV=dev");
});

test.each(["SIGINT", "SIGTERM"] as const)(
	"a deployment that %s ends says so, leaves no command behind, and can be run again",
	async (ending) => {
		const running = dev.start("infra-deploy", {
			ENV: "dev",
			...dev.credentials,
			YES: "1",
			CDK_HANGS_AT: "deploy CollectionsCompute-dev",
		});
		const last = deploy("Compute", "API", "Monitoring");
		await until(() => dev.steps().at(-1) === last);
		// A terminal sends Ctrl-C to the whole process group; SIGTERM reaches the script alone.
		process.kill(ending === "SIGINT" ? -running.pid : running.pid, ending);
		const { code, stderr } = await running.ended;
		expect(code).toBe(1);
		expect(stderr).toContain(
			`cdk deploy was interrupted (${ending}), but AWS completes the change it has begun. Stacks before`,
		);
		expect(() => process.kill(-running.pid, 0)).toThrow(/ESRCH/);

		dev.forgetSteps();
		const again = await dev.operate("infra-deploy", { YES: "1" });
		expect(again.code).toBe(0);
		expect(dev.steps().at(-1)).toBe(last);
	},
);

test("nothing is deployed without a terminal and without YES", async () => {
	const { code, stderr } = await dev.operate("infra-deploy");
	expect(code).toBe(1);
	expect(dev.steps()).toEqual([synth, diff]);
	expect(stderr).toContain("YES=1");
});

test("templates that do not synthesize are not deployed", async () => {
	const { code, stdout } = await dev.operate("infra-deploy", { YES: "1", CDK_FAILS_AT: "synth" });
	expect(code).toBe(1);
	expect(dev.steps()).toEqual([synth]);
	expect(stdout).toMatch(/✗ synth .*was not synthesized/);
});

test("outputs contain the keys that clients use, and no export between stacks", async () => {
	const { code } = await dev.operate("infra-outputs");
	expect(code).toBe(0);
	const outputs = JSON.parse(dev.read(".aws-outputs-dev.json"));
	expect(Object.keys(outputs)).not.toContain("ExportsOutputRefLogin");
	expect(outputs.DatabaseSecretArn).toMatch(/^arn:/);
	expect(JSON.stringify(outputs)).not.toContain("password");
});

test("status names the stacks and the environment's address", async () => {
	const { code, stdout } = await dev.operate("infra-status");
	expect(code).toBe(0);
	expect(stdout).toMatch(/CollectionsMonitoring-dev\s+CREATE_COMPLETE/);
	expect(stdout).toContain("https://api.collections.app");
});

test("bootstrap prepares the environment's own account and region", async () => {
	const { code } = await dev.operate("infra-bootstrap");
	expect(code).toBe(0);
	expect(dev.steps()).toEqual(["cdk bootstrap aws://000000000000/eu-central-1 -c env=dev --no-notices --ci"]);
});

test("the CDK itself finds the environment of a bootstrap, and goes to its account", async () => {
	const settings = JSON.parse(dev.read("cdk.json"));
	const manifest = dev.read("cdk.out/manifest.json");
	// The CDK reads the assembly's schema version there.
	dev.write("cdk.out/manifest.json", JSON.stringify({ version: "36.0.0", ...JSON.parse(manifest) }));
	dev.write("cdk.json", JSON.stringify({ ...settings, app: "node app.mjs" }));
	// Stands in for the application without synthesizing, since the assembly exists.
	dev.write(
		"app.mjs",
		`const { env } = JSON.parse(process.env.CDK_CONTEXT_JSON ?? "{}");
		if (env !== "dev") { console.error("There is no environment " + env); process.exit(1); }`,
	);
	const { code, stdout, stderr } = await dev.operate("infra-bootstrap", {
		PATH: [resolve("node_modules/.bin"), process.env.PATH].join(delimiter),
	});
	dev.write("cdk.json", JSON.stringify(settings));
	dev.write("cdk.out/manifest.json", manifest);
	expect(stdout + stderr).toContain("Bootstrapping environment aws://000000000000/eu-central-1");
	// The bootstrap itself fails, since the local cloud lacks its calls.
	expect(code).toBe(1);
	expect(stderr).toContain("Account 000000000000 is not prepared");
});

test("lambda-deploy-api deploys the asset that synth built, and is refused for prod", async () => {
	await dev.operate("infra-outputs");
	dev.write("cdk.out/asset.code/handler.mjs", 'export const handler = async () => "code alone";');
	const { code, stderr } = await dev.operate("lambda-deploy-api");
	expect(stderr).toBe("");
	expect(code).toBe(0);
	const { ApiFunctionName } = JSON.parse(dev.read(".aws-outputs-dev.json"));
	const { InvokeCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
	const { Payload } = await new LambdaClient({
		region: "eu-central-1",
		endpoint: dev.cloud.endpoint,
		credentials: dev.cloud.operator,
	}).send(new InvokeCommand({ FunctionName: ApiFunctionName }));
	expect(Buffer.from(Payload ?? []).toString()).toBe('"code alone"');

	const refused = await dev.operate("lambda-deploy-api", { ENV: "prod" });
	expect(refused.code).toBe(1);
	expect(refused.stderr).toContain("Code alone is refused for prod");
});

describe("preflight makes every check before it fails", () => {
	test("an example as alarm address, another account, too small a quota, no bootstrap", async () => {
		const misconfigured = await deployedDev({
			account: "111122223333",
			alarmEmail: "alarms@example.com",
			lambdaConcurrencyQuota: 20,
			availabilityZones: ["us-east-1a", "us-east-1b"],
		});
		try {
			const { code, stdout, stderr } = await misconfigured.operate("infra-deploy", { YES: "1" });
			expect(code).toBe(1);
			expect(stdout).toMatch(/✗ settings .*alarms@example.com/);
			expect(stdout).toMatch(/✗ account .*111122223333.*belong to 000000000000/);
			expect(stdout).toMatch(/✗ zones .*us-east-1a/);
			expect(stdout).toMatch(/✗ bootstrap .*make infra-bootstrap ENV=dev/);
			expect(stdout).toMatch(/✗ Lambda concurrency .*10 functions at once/);
			expect(stdout).toContain(
				"aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 20 --region eu-central-1",
			);
			expect(stdout).toMatch(/✓ stacks/);
			expect(stdout).toMatch(/✓ a month idle .* USD of a budget of 25/);
			expect(stderr).toContain("Nothing was changed: 5 of 16 checks");
			expect(misconfigured.steps()).toEqual([synth]);
		} finally {
			await misconfigured.end();
		}
	});
});

describe("one sentence reports missing or invalid", () => {
	test("an environment that does not exist", async () => {
		const { code, stderr } = await dev.operate("infra-status", { ENV: "staging" });
		expect(code).toBe(1);
		expect(stderr.trim()).toBe(
			'There is no environment "staging": choose one of dev, test, prod, local (make ENV=..., cdk -c env=...).',
		);
	});

	test.each(["token", "chat"])("an environment that does not exist, to make %s", async (script) => {
		const { code, stderr } = await dev.operate(script, { ENV: "staging", EMAIL: "demo@example.com" });
		expect(code).toBe(1);
		expect(stderr.trim()).toMatch(/^There is no environment "staging": /);
	});

	test("credentials", async () => {
		const runner = createScriptRunner();
		const { code, stderr } = await runner.run("infra-status", { ENV: "dev" });
		runner.remove();
		expect(code).toBe(1);
		expect(stderr.trim()).toMatch(/^There are no AWS credentials .*AWS_PROFILE/);
		expect(stderr.trim().split("\n")).toHaveLength(1);
	});

	test("credentials that AWS accepts", async () => {
		const { code, stderr } = await dev.operate("infra-status", { AWS_ACCESS_KEY_ID: "ASIANOBODY" });
		expect(code).toBe(1);
		expect(stderr).toContain("AWS does not know these credentials");
	});

	test("an endpoint that answers", async () => {
		const { code, stderr } = await dev.operate("infra-status", {
			AWS_ENDPOINT_URL: "http://127.0.0.1:9",
			AWS_MAX_ATTEMPTS: "1",
		});
		expect(code).toBe(1);
		expect(stderr).toContain("Nothing answers at http://127.0.0.1:9");
	});

	test("an environment that answers, to all checks of test-infra at once", async () => {
		await dev.operate("infra-outputs");
		const { code, stdout, stderr } = await dev.operate("test-infra", {
			AWS_ENDPOINT_URL: "http://127.0.0.1:9",
			AWS_MAX_ATTEMPTS: "1",
		});
		expect(code).toBe(1);
		expect(stdout).not.toContain("✗");
		expect(stderr.trim()).toMatch(/^Nothing answers at http:\/\/127.0.0.1:9: /);
	});

	test("prod's database as one to stop", async () => {
		const { code, stderr } = await dev.operate("infra-stop", { ENV: "prod", YES: "1" });
		expect(code).toBe(1);
		expect(stderr.trim()).toBe("The database of prod is not stopped: people use prod at any hour.");
	});

	test.each(["infra-stop", "infra-start"])("a database, to make %s", async (script) => {
		const { code, stderr } = await dev.operate(script, { YES: "1" });
		expect(code).toBe(1);
		expect(stderr.trim()).toBe("Environment dev has no database yet: make infra-deploy ENV=dev creates it.");
	});

	test("the CDK's command line", async () => {
		const { code, stdout } = await dev.operate("infra-deploy", { PATH: "/nowhere" });
		expect(code).toBe(1);
		expect(stdout).toContain("cdk is not on the PATH: make install");
	});

	test("the outputs of an environment", async () => {
		const runner = createScriptRunner();
		const { code, stderr } = await runner.run("db-migrate", { ...dev.credentials, ENV: "dev" });
		runner.remove();
		expect(code).toBe(1);
		expect(stderr.trim()).toBe(
			".aws-outputs-dev.json cannot be read: choose another environment by ENV=local, or run make infra-outputs ENV=dev first.",
		);
	});

	test.each([
		["", "no JSON object"],
		['{"Environment": "dev", "Region": 1}', "Region, ApiUrl, UserPoolId"],
	])("fields of the outputs file %j", async (content, wrong) => {
		const runner = createScriptRunner();
		runner.write(".aws-outputs-dev.json", content);
		const { code, stderr } = await runner.run("db-migrate", { ...dev.credentials, ENV: "dev" });
		runner.remove();
		expect(code).toBe(1);
		expect(stderr.trim()).toMatch(
			new RegExp(
				`^\\.aws-outputs-dev\\.json is invalid \\(${wrong}.*\\): choose another environment by ENV=local, or run make infra-outputs ENV=dev\\.$`,
			),
		);
	});

	test("a local cloud", async () => {
		const runner = createScriptRunner();
		const { code, stderr } = await runner.run("infra-status", { ENV: "local" });
		runner.remove();
		expect(code).toBe(1);
		expect(stderr.trim()).toBe(".aws-outputs-local.json cannot be read: run make up first.");
	});
});
