import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	CloudWatchLogsClient,
	CreateLogGroupCommand,
	DeleteLogGroupCommand,
	DescribeLogGroupsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { unlessGone } from "#scripts/deploy/retained.ts";
import { serveAccount } from "./account-server.ts";
import { bootstrapped, type DeployedDev, deployedDev } from "./five-stacks.ts";
import { startScriptHost } from "./script-host.ts";
import { createScriptRunner } from "./script-runner.ts";

/** Private mode, which uses every quota that is checked. */
const wanted = ["AWS::EC2::VPC", "AWS::EC2::EIP", "AWS::EC2::Instance", "AWS::RDS::DBInstance"];
const synth = "cdk synth --quiet -c env=dev --output cdk.out --no-notices --ci";

/** Each test has its own answers of the account; that the scripts run as processes is claimed elsewhere. */
const host = startScriptHost();
let dev: DeployedDev;
let account: Awaited<ReturnType<typeof serveAccount>>;
beforeAll(async () => {
	dev = await deployedDev({}, host);
	account = await serveAccount();
	await bootstrapped(dev);
	const template = join(dev.folder, "cdk.out/CollectionsDB-dev.template.json");
	const { Resources, ...more } = JSON.parse(dev.read("cdk.out/CollectionsDB-dev.template.json"));
	const properties = {
		"AWS::EC2::Instance": { InstanceType: "t4g.nano" },
		"AWS::RDS::DBInstance": {
			DBInstanceClass: "db.t4g.micro",
			AllocatedStorage: "20",
		},
	} as Record<string, object>;
	const added = wanted.map((Type, at) => [`Wanted${at}`, { Type, Properties: properties[Type] ?? {} }]);
	writeFileSync(
		template,
		JSON.stringify({
			...more,
			Resources: { ...Resources, ...Object.fromEntries(added) },
		}),
	);
});
afterAll(async () => {
	account?.close();
	await dev?.end();
	await host.stop();
});
beforeEach(() => {
	dev.forgetSteps();
	account.is({});
});
const operate = (script: string, env: Record<string, string> = {}) =>
	dev.operate(script, { ...account.variables, YES: "1", ...env });

describe("an account's quotas", () => {
	test("that have room are reported with their use", async () => {
		const { code, stdout, stderr } = await operate("preflight");
		expect(stderr).toBe("");
		expect(code).toBe(0);
		expect(stdout).toMatch(/✓ VPCs +1 of 5 are in use, 1 more are needed/);
		expect(stdout).toMatch(/✓ elastic addresses +0 of 5 are in use, 1 more/);
		expect(stdout).toMatch(/✓ EC2 processors +0 of 5 are in use, 2 more/);
		expect(stdout).toMatch(/✓ RDS instances +0 of 40 are in use, 1 more/);
	});

	test("that are exhausted stop a deployment before it begins, with the command that requests more", async () => {
		account.is({
			vpcs: 5,
			addresses: 5,
			// Another family has a quota of its own.
			instances: ["t3.medium", "m7g.large", "g5.xlarge"],
			databases: 40,
		});
		const { code, stdout, stderr } = await operate("infra-deploy");
		expect(code).toBe(1);
		expect(stderr).toContain("Nothing was changed: 4 of 16 checks");
		expect(dev.steps()).toEqual([synth]);
		expect(stdout).toMatch(/✗ VPCs +5 of 5 VPCs in eu-central-1 are in use, and environment dev needs 1 more\./);
		expect(stdout).toMatch(/✗ EC2 processors +4 of 5 .* needs 2 more/);
		for (const [service, code, value] of [
			["vpc", "L-F678F1CE", 6],
			["ec2", "L-0263D0A3", 6],
			["ec2", "L-1216C47A", 6],
			["rds", "L-7B6409FD", 41],
		]) {
			expect(stdout).toContain(
				`aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${value} --region eu-central-1`,
			);
		}
	});

	test("that the environment itself has exhausted do not stop it", async () => {
		account.is({
			vpcs: 5,
			addresses: 5,
			instances: ["t4g.nano", "t4g.nano"],
			databases: 40,
			stacks: { "CollectionsDB-dev": "UPDATE_COMPLETE" },
			resources: wanted,
		});
		const { code, stdout } = await operate("preflight");
		expect(stdout).toMatch(/✓ VPCs +5 of 5 are in use, no more are needed/);
		expect(stdout).toMatch(/✓ EC2 processors +4 of 5 are in use, no more/);
		expect(code).toBe(0);
	});

	test("that it has exhausted stop it if its resources were removed since", async () => {
		account.is({
			vpcs: 5,
			stacks: { "CollectionsDB-dev": "UPDATE_COMPLETE" },
			removed: wanted,
		});
		const { code, stdout } = await operate("preflight");
		expect(stdout).toMatch(/✗ VPCs +5 of 5 .* needs 1 more/);
		expect(code).toBe(1);
	});

	test("that cannot be read, or are unknown in the region, are reported and do not stop it", async () => {
		account.is({
			denied: ["DescribeVpcs", "DescribeDBInstances"],
			limits: { "L-F678F1CE": 5, "L-7B6409FD": 40, "L-1216C47A": 5 },
		});
		const denied = await operate("preflight");
		expect(denied.stdout).toMatch(/- VPCs +not checked, these credentials may not: .*DescribeVpcs/);
		expect(denied.stdout).toMatch(/- RDS instances +not checked/);
		expect(denied.stdout).toMatch(/- elastic addresses +not checked: Service Quotas has no L-0263D0A3/);
		expect(denied.stdout).toMatch(/✓ EC2 processors/);
		expect(denied.code).toBe(0);
		account.is({ denied: ["GetServiceQuota"] });
		const all = await operate("preflight");
		expect(all.stdout).toMatch(/- VPCs .*GetServiceQuota/);
		expect(all.code).toBe(0);
	});
});

test("a zone that the account cannot use stops a deployment before it begins", async () => {
	account.is({ zones: { "eu-central-1a": {}, "eu-central-1c": {} } });
	const { code, stdout } = await operate("infra-deploy");
	expect(code).toBe(1);
	expect(stdout).toMatch(
		/✗ zones +cdk\.json: environments\.dev\.availabilityZones: eu-central-1b is no availability zone/,
	);
	expect(dev.steps()).toEqual([synth]);
});

test("make infra-hosts replaces the hosts of a private network alone; a deployment, which would migrate right after, does not", async () => {
	const files = ["cdk.json", "cdk.out/CollectionsDB-dev.template.json"] as const;
	const [settings, template] = files.map((file) => dev.read(file)) as [string, string];
	const amiId = "ami-0123456789abcdef0";
	const host = (ImageId: string) => ({ Type: wanted[2], Properties: { InstanceType: "t4g.nano", ImageId } });
	const json = JSON.parse(settings);
	json.context.environments.dev.network = { mode: "private", nat: "instance", amiId };
	const { Resources, ...more } = JSON.parse(template);
	try {
		dev.write("cdk.json", JSON.stringify(json));
		dev.write(files[1], JSON.stringify({ ...more, Resources: { ...Resources, Wanted2: host(amiId) } }));
		account.is({ images: { [amiId]: "arm64" } });
		const early = await operate("infra-hosts");
		expect(early.stderr).toContain("Environment dev has no hosts yet: make infra-deploy ENV=dev makes them.");

		account.is({
			images: { [amiId]: "arm64" },
			template: { Resources: { Wanted2: host("ami-0fedcba9876543210") } },
			stacks: { "CollectionsDB-dev": "UPDATE_COMPLETE" },
			resources: wanted,
		});
		const refused = await operate("infra-deploy");
		expect(refused.stdout).toMatch(/✗ hosts +This would replace or add Wanted2 right before the migrations/);
		expect(dev.steps()).toEqual([synth, synth]);

		dev.forgetSteps();
		const { code, stdout, stderr } = await operate("infra-hosts");
		expect(stderr).toBe("");
		expect(code).toBe(0);
		expect(dev.steps()).toEqual([
			synth,
			"cdk diff CollectionsDB-dev --exclusively --app cdk.out --no-notices --ci",
			"cdk deploy CollectionsDB-dev --app cdk.out --exclusively --require-approval never --revert-drift --progress events --no-notices --ci",
		]);
		expect(stdout).toContain("The hosts of environment dev run. Next: make infra-deploy ENV=dev.");
	} finally {
		dev.write(files[0], settings);
		dev.write(files[1], template);
	}
	expect((await operate("infra-hosts")).stdout).toBe("Environment dev has no bastion and no NAT instance.\n");
});

describe("a database that", () => {
	const deployed = { stacks: { "CollectionsDB-dev": "UPDATE_COMPLETE" }, resources: wanted, databases: 1 };

	test.each(["stopped", "stopping", "starting"])(
		"is %s stops a deployment and a removal, with what to do",
		async (databaseStatus) => {
			account.is({ ...deployed, databaseStatus });
			const { code, stdout } = await operate("infra-deploy");
			expect(code).toBe(1);
			expect(stdout).toMatch(
				new RegExp(
					`✗ database +The database the-DBInstance is ${databaseStatus}, so that it can be neither migrated nor changed: run make infra-start ENV=dev first\\.`,
				),
			);
			const removal = await operate("infra-destroy", { CONFIRM: "dev" });
			expect(removal.code).toBe(1);
			expect(removal.stderr.trim()).toBe(
				`Nothing was removed. The database the-DBInstance is ${databaseStatus}, and its last snapshot needs one that runs: run make infra-start ENV=dev, then make infra-destroy ENV=dev again.`,
			);
			expect(dev.steps()).toEqual([synth]);
		},
	);

	test("is backed up just now does not stop it", async () => {
		account.is({ ...deployed, databaseStatus: "backing-up" });
		const { code, stdout } = await operate("preflight");
		expect(stdout).toMatch(/✓ database +backing-up/);
		expect(code).toBe(0);
	});
});

describe("an account on the free plan", () => {
	test("stops a deployment whose database RDS would refuse there, naming the settings", async () => {
		const large = createScriptRunner({ database: { instanceClass: "db.t4g.small", backupDays: 3 } }, host);
		account.is({ plan: "FREE" });
		const { code, stdout } = await large.run("preflight", { ENV: "dev", ...dev.credentials, ...account.variables });
		large.remove();
		expect(code).toBe(1);
		expect(stdout).toMatch(/✗ account's plan +The account is on AWS's free plan, on which RDS refuses this database/);
		expect(stdout).toContain(
			"cdk.json: environments.dev.database.instanceClass: db.t4g.small must be a micro class, such as db.t4g.micro.",
		);
		expect(stdout).toContain("cdk.json: environments.dev.database.backupDays: 3 must be 1.");
	});

	test("does not stop dev as shipped", async () => {
		account.is({ plan: "FREE" });
		const { code, stdout } = await operate("preflight");
		expect(stdout).toMatch(/✓ account's plan +free/);
		expect(code).toBe(0);
	});

	test("that may not be asked is reported and does not stop it", async () => {
		account.is({ denied: ["GetAccountPlanState"] });
		const { code, stdout } = await operate("preflight");
		expect(stdout).toMatch(/- account's plan +not checked: These credentials may not do that: .*GetAccountPlanState/);
		expect(code).toBe(0);
		const unknown = await operate("preflight", { AWS_ENDPOINT_URL_FREETIER: dev.cloud.endpoint });
		expect(unknown.stdout).toMatch(/- account's plan +not checked: cdk-local has no service "freetier"/);
		expect(unknown.code).toBe(0);
	});
});

describe("an environment that answers with Bedrock", () => {
	const model = "anthropic.claude-sonnet-5-5";
	const preflight = async (bedrock?: object) => {
		const runner = createScriptRunner({ chatProvider: "bedrock", ...(bedrock && { bedrock }) }, host);
		try {
			return await runner.run("preflight", { ENV: "dev", ...dev.credentials, ...account.variables });
		} finally {
			runner.remove();
		}
	};

	test("is not deployed without Anthropic's form and the model's subscription, which the lines explain", async () => {
		const { code, stdout } = await preflight();
		expect(code).toBe(1);
		expect(stdout).toMatch(/✗ Bedrock +Anthropic's form is missing: /);
		expect(stdout).toContain(`The account has no subscription to ${model}: `);
		expect(stdout).toContain("cdk.json: environments.dev.bedrock.subscribe: true");
	});

	test("passes with both, and without a subscription where its api may subscribe", async () => {
		account.is({ form: true, subscriptions: [model] });
		expect((await preflight()).stdout).toContain(`✓ Bedrock             ${model} is enabled`);
		account.is({ form: true });
		expect((await preflight({ subscribe: true })).stdout).toMatch(/✓ Bedrock +the first answer subscribes/);
	});

	test("is deployed unchecked where the credentials may not ask", async () => {
		account.is({ denied: ["GetUseCaseForModelAccess"] });
		expect((await preflight()).stdout).toMatch(/- Bedrock +not checked: These credentials may not do that/);
	});
});

test("a bootstrap older than the templates require stops a deployment, with the command that updates it", async () => {
	await bootstrapped(dev, "5");
	try {
		const { code, stdout } = await operate("preflight");
		expect(stdout).toMatch(/✗ bootstrap .* has version 5, .* need 6: make infra-bootstrap ENV=dev/);
		expect(code).toBe(1);
		await bootstrapped(dev, "6");
		expect((await operate("preflight")).code).toBe(0);
	} finally {
		await bootstrapped(dev);
	}
});

test("a warning of the CDK stops a deployment, which a type that the region lacks would end halfway", async () => {
	const report = dev.read("cdk.out/validation-report.json");
	const violation = {
		ruleName: "F3006",
		description: "Resource type 'AWS::Budgets::Budget' does not exist",
		violatingConstructs: [{ constructPath: "CollectionsMonitoring-dev/Budget" }],
	};
	dev.write("cdk.out/validation-report.json", JSON.stringify({ pluginReports: [{ violations: [violation] }] }));
	const { code, stdout } = await operate("infra-deploy");
	dev.write("cdk.out/validation-report.json", report);
	expect(code).toBe(1);
	expect(stdout).toMatch(
		/✗ synth +CollectionsMonitoring-dev\/Budget: Resource type 'AWS::Budgets::Budget' does not exist \(F3006\)/,
	);
	expect(dev.steps()).toEqual([synth]);
});

test("after a failed synth no template of an earlier one is counted or priced", async () => {
	const { code, stdout, stderr } = await operate("preflight", {
		CDK_FAILS_AT: "synth",
	});
	expect(code).toBe(1);
	expect(stdout).toMatch(/- a month idle +not checked: there are no templates/);
	expect(stdout).toMatch(/- VPCs +not checked: there are no templates/);
	expect(stderr).toContain("1 of 16 checks");
});

describe("a stack that", () => {
	const stuck = (status: string) =>
		account.is({
			stacks: {
				"CollectionsDB-dev": "UPDATE_COMPLETE",
				"CollectionsStorage-dev": status,
			},
		});

	test.each([
		[
			"UPDATE_ROLLBACK_FAILED",
			"CollectionsStorage-dev is stuck (UPDATE_ROLLBACK_FAILED): see its events for the reason, correct it, then run npx cdk rollback CollectionsStorage-dev -c env=dev and deploy again.",
		],
		[
			"CREATE_FAILED",
			"CollectionsStorage-dev is stuck (CREATE_FAILED): see its events for the reason, correct it, then run npx cdk rollback CollectionsStorage-dev -c env=dev and deploy again.",
		],
		[
			"DELETE_FAILED",
			"CollectionsStorage-dev was only partly removed (DELETE_FAILED): see its events for the reason, then run make infra-destroy ENV=dev again.",
		],
		["UPDATE_IN_PROGRESS", "CollectionsStorage-dev is being changed (UPDATE_IN_PROGRESS): wait until that has ended."],
		[
			"UPDATE_ROLLBACK_IN_PROGRESS",
			"CollectionsStorage-dev is being changed (UPDATE_ROLLBACK_IN_PROGRESS): wait until that has ended.",
		],
	])("is %s stops a deployment before it begins, with what to do", async (status, sentence) => {
		stuck(status);
		const { code, stdout } = await operate("infra-deploy");
		expect(code).toBe(1);
		expect(stdout).toContain(`✗ stacks              ${sentence}`);
		expect(dev.steps()).toEqual([synth]);
		const infraStatus = await operate("infra-status");
		expect(infraStatus.code).toBe(1);
		expect(infraStatus.stderr).toContain(sentence);
	});

	test.each(["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"])(
		"is %s does not stop a deployment, which creates it anew",
		async (status) => {
			stuck(status);
			const { code, stdout } = await operate("preflight");
			expect(stdout).toMatch(/✓ stacks/);
			expect(code).toBe(0);
			const infraStatus = await operate("infra-status");
			expect(infraStatus.code).toBe(1);
			expect(infraStatus.stderr).toMatch(
				new RegExp(`CollectionsStorage-dev was never completed.*${status}.*make infra-deploy ENV=dev creates it anew`),
			);
		},
	);

	test("is being changed cannot be removed", async () => {
		stuck("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
		const { code, stderr } = await operate("infra-destroy", { CONFIRM: "dev" });
		expect(code).toBe(1);
		expect(stderr.trim()).toBe(
			"Nothing was removed. CollectionsStorage-dev is being changed (UPDATE_COMPLETE_CLEANUP_IN_PROGRESS): wait until that has ended.",
		);
		expect(dev.steps()).toEqual([]);
	});

	test("is of a web app that cdk.json no longer has is not left behind by a removal", async () => {
		account.is({ stacks: { "CollectionsWeb-dev": "CREATE_COMPLETE" } });
		const { code, stderr } = await operate("infra-destroy", { CONFIRM: "dev" });
		expect(code).toBe(1);
		expect(stderr.trim()).toBe(
			'Nothing was removed. CollectionsWeb-dev exists, but environment dev has no web app in cdk.json: add "web": {} to its row there, then run make infra-destroy ENV=dev again.',
		);
		expect(dev.steps()).toEqual([]);
	});

	test("is REVIEW_IN_PROGRESS, which only a removal or deployment ends, can be removed after confirmation", async () => {
		stuck("REVIEW_IN_PROGRESS");
		const { code, stderr } = await operate("infra-destroy", {
			CONFIRM: "test",
		});
		expect(code).toBe(1);
		expect(stderr.trim()).toBe("Nothing was removed: test is not dev.");
	});
});

/** An independent server of AWS's APIs, which has log groups; the local cloud does not. */
const moto = process.env.TEST_AWS_ENDPOINT_URL;

describe.skipIf(!moto)(
	`the log group that RDS leaves behind${moto ? "" : " (skipped: TEST_AWS_ENDPOINT_URL is not set)"}`,
	() => {
		const logGroupName = "/aws/rds/instance/collections-dev/postgresql";
		const logs = new CloudWatchLogsClient({
			region: "eu-central-1",
			credentials: { accessKeyId: "any", secretAccessKey: "any" },
			...(moto && { endpoint: moto }),
		});
		const remove = () =>
			unlessGone("ResourceNotFoundException", () => logs.send(new DeleteLogGroupCommand({ logGroupName })));
		beforeEach(async () => {
			await remove();
			await logs.send(new CreateLogGroupCommand({ logGroupName }));
		});
		afterAll(remove);
		/** Deploys as far as the first stack, and returns the groups that are left then. */
		const groupsAfterDeployment = async (env: Record<string, string> = {}) => {
			await operate("infra-deploy", {
				AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: moto ?? "",
				CDK_FAILS_AT: "deploy CollectionsDB-dev",
				...env,
			});
			const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }));
			return logGroups.length;
		};

		test.each([null, "ROLLBACK_COMPLETE"])(
			"does not keep a deployment from creating a stack that is %s",
			async (status) => {
				account.is({ stacks: status ? { "CollectionsDB-dev": status } : {} });
				expect(await groupsAfterDeployment()).toBe(0);
				expect(dev.steps().at(-1)).toMatch(/^cdk deploy CollectionsDB-dev /);
			},
		);

		test("is the stack's own, and stays, once the stack is complete, or before the person consents", async () => {
			account.is({ stacks: { "CollectionsDB-dev": "UPDATE_COMPLETE" } });
			expect(await groupsAfterDeployment()).toBe(1);
			expect(dev.steps().at(-1)).toMatch(/^cdk deploy CollectionsDB-dev /);
			account.is({});
			expect(await groupsAfterDeployment({ YES: "" })).toBe(1);
		});
	},
);
