import { DeleteParametersCommand, GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { providerKeys } from "#scripts/secrets/provider-keys.ts";
import { hasMoto, motoAccount, parts, skipNote, withOutputs } from "./moto-account.ts";

describe.skipIf(!hasMoto)(`scripts in an account${skipNote}`, () => {
	const account = motoAccount("ap-southeast-4");
	const { runner, operate } = account;
	const ssm = new SSMClient(account.client);
	const forget = async () => {
		await account.forget();
		await ssm.send(new DeleteParametersCommand({ Names: providerKeys({ name: "dev" }).map((key) => key.parameter) }));
	};
	beforeEach(forget);
	afterAll(async () => {
		await forget();
		runner.remove();
	});

	test("distinguish a missing environment from an incomplete one", async () => {
		const nothing = await operate("infra-status");
		expect(nothing.code).toBe(1);
		expect(nothing.stderr.trim()).toBe(
			`Environment dev is not deployed in ${account.region}: make infra-deploy ENV=dev.`,
		);

		await account.createStack("DB", withOutputs({ Environment: "dev" }));
		const half = await operate("infra-status");
		expect(half.code).toBe(1);
		expect(half.stdout).toMatch(/CollectionsDB-dev\s+CREATE_COMPLETE/);
		expect(half.stdout).toMatch(/CollectionsStorage-dev\s+not deployed/);
		expect(half.stderr).toContain("CollectionsStorage-dev does not exist: run make infra-deploy ENV=dev.");

		const outputs = await operate("infra-outputs");
		expect(outputs.code).toBe(1);
		expect(outputs.stderr).toContain("CollectionsStorage-dev does not exist");
		expect(() => runner.read(".aws-outputs-dev.json")).toThrow();
	});

	test("store API keys as SecureStrings and export them, without a value on the terminal", async () => {
		const secret = "sk-ant-of-this-test";
		runner.write(".env", `ANTHROPIC_API_KEY=${secret}\nVOYAGE_API_KEY=\n`);
		const first = await operate("secrets-populate");
		expect(first.stderr).toBe("");
		expect(first.stdout).toMatch(/\/collections\/dev\/anthropic-api-key +created/);
		expect(first.stdout).toMatch(/voyage-api-key +not set/);
		const { Parameter } = await ssm.send(
			new GetParameterCommand({
				Name: "/collections/dev/anthropic-api-key",
				WithDecryption: true,
			}),
		);
		expect(Parameter).toMatchObject({ Type: "SecureString", Value: secret });

		const again = await operate("secrets-populate");
		expect(again.stdout).toMatch(/anthropic-api-key +unchanged/);
		runner.write(".env", `ANTHROPIC_API_KEY=${secret}-2\n`);
		const changed = await operate("secrets-populate");
		expect(changed.stdout).toMatch(/anthropic-api-key +changed/);

		const exported = await operate("secrets-export");
		expect(exported.code).toBe(0);
		expect(runner.read(".env.dev")).toBe(`ANTHROPIC_API_KEY="${secret}-2"\n`);
		expect(runner.mode(".env.dev")).toBe(0o600);
		const twice = await operate("secrets-export");
		expect(twice.code).toBe(1);
		expect(twice.stderr).toContain(".env.dev already exists");

		for (const run of [first, again, changed, exported, twice]) {
			expect(run.stdout + run.stderr).not.toContain(secret);
		}
	});

	test("report a missing or empty .env", async () => {
		runner.forget(".env");
		const missing = await operate("secrets-populate");
		expect(missing.code).toBe(1);
		expect(missing.stderr.trim()).toBe("There is no .env: cp .env.example .env, and fill in the keys you have.");
		runner.write(".env", "OPENAI_API_KEY=\n");
		const empty = await operate("secrets-populate");
		expect(empty.code).toBe(1);
		expect(empty.stderr).toContain("sets none of ANTHROPIC_API_KEY");
	});

	test("count what an account has, and its quotas, before a deployment", async () => {
		for (const part of parts) {
			runner.write(
				`cdk.out/Collections${part}-dev.template.json`,
				JSON.stringify({
					Resources: part === "DB" ? { Vpc: { Type: "AWS::EC2::VPC" } } : ({} as Record<string, object>),
				}),
			);
		}
		const { code, stdout } = await operate("preflight");
		expect(code).toBe(1);
		// Its default network is one.
		expect(stdout).toMatch(/✓ VPCs +1 of 5 are in use, 1 more are needed/);
		expect(stdout).toMatch(/✓ RDS instances +none needed/);
		expect(stdout).toMatch(/✓ zones +ap-southeast-4: ap-southeast-4a \(\w+-az\d\), ap-southeast-4b \(\w+-az\d\)/);
		expect(stdout).toMatch(/✓ account +123456789012/);
		expect(stdout).toMatch(/- account's plan +not checked: The server at http:\S+ does not answer as AWS does/);
		// The server lacks this call.
		expect(stdout).toMatch(/✗ Lambda concurrency +The server at http:\S+ does not answer as AWS does/);
	});

	test("name the newest image of a private network's hosts", async () => {
		const hosts = account.variant({ network: { mode: "private", nat: "gateway" } });
		for (const part of parts) hosts.runner.write(`cdk.out/Collections${part}-dev.template.json`, '{"Resources":{}}');
		const { stdout } = await hosts.operate("preflight");
		hosts.runner.remove();
		expect(stdout).toMatch(
			/✗ hosts +cdk\.json: .*The newest Amazon Linux 2023 for arm64 in \S+ is ami-[0-9a-f]{17}\.\n/,
		);
	});

	test("leave other accounts alone", async () => {
		const elsewhere = account.variant({ account: "111122223333" });
		elsewhere.runner.write(".env", "OPENAI_API_KEY=sk-test\n");
		const { code, stderr } = await elsewhere.operate("secrets-populate");
		elsewhere.runner.remove();
		expect(code).toBe(1);
		expect(stderr).toContain("Environment dev is in account 111122223333, but these credentials");
		await expect(ssm.send(new GetParameterCommand({ Name: "/collections/dev/openai-api-key" }))).rejects.toMatchObject({
			name: "ParameterNotFound",
		});
	});
});
