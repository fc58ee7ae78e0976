import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEnvironment } from "#lib/read-environment.ts";
import { checkHosts } from "#scripts/deploy/hosts.ts";
import { findRetained } from "#scripts/deploy/retained.ts";
import { blocksDeployment, describeStacks, problemOf } from "#scripts/deploy/stacks.ts";
import { zones } from "#scripts/deploy/zones.ts";
import cdk from "../../../cdk.json" with { type: "json" };
import { serveAccount } from "./account-server.ts";

let account: Awaited<ReturnType<typeof serveAccount>>;
beforeAll(async () => {
	account = await serveAccount();
});
afterAll(() => account?.close());

/** Returns dev in eu-central-1 with other settings, and clients of the account. */
function target(settings: object = {}) {
	const region = "eu-central-1";
	const row = { ...cdk.context.environments.dev, region, availabilityZones: [`${region}a`, `${region}b`], ...settings };
	const environment = readEnvironment({ dev: row }, "dev");
	const credentials = { accessKeyId: "any", secretAccessKey: "any" };
	return {
		environment,
		name: environment.name,
		isLocal: false,
		client: { region, credentials, endpoint: account.url },
	};
}

describe("the availability zones of an environment", () => {
	test("are asked for, and named with the ids that all accounts share", async () => {
		account.is({});
		expect(await zones(target())).toBe("eu-central-1: eu-central-1a (euc1-az1), eu-central-1b (euc1-az2)");
	});

	test.each([
		["is not there", {}],
		["is a local zone", { "eu-central-1b": { type: "local-zone" } }],
		["is impaired", { "eu-central-1b": { state: "impaired" } }],
	])("are refused where one %s", async (_, zone) => {
		account.is({ zones: { "eu-central-1a": {}, ...zone, "eu-central-1c": {} } });
		await expect(zones(target())).rejects.toThrow(
			"cdk.json: environments.dev.availabilityZones: eu-central-1b is no availability zone that this account can use in eu-central-1. It has eu-central-1a, eu-central-1c.",
		);
	});

	test("are not checked where the credentials may not ask", async () => {
		account.is({ denied: ["DescribeAvailabilityZones"] });
		await expect(zones(target())).rejects.toThrow("not checked, these credentials may not: ");
	});
});

describe("a stack that was never completed", () => {
	const states = async (status: string, isProtected: boolean) => {
		account.is({ stacks: { "CollectionsStorage-dev": status }, isProtected });
		return (await describeStacks(target())).filter((stack) => stack.status !== null);
	};

	test.each(["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])(
		"(%s) is created anew, unless it is protected",
		async (status) => {
			const [open] = await states(status, false);
			expect(open && blocksDeployment(open)).toBe(false);
			expect(open && problemOf(open, "dev")).toContain("make infra-deploy ENV=dev creates it anew.");
			const [guarded] = await states(status, true);
			expect(guarded && blocksDeployment(guarded)).toBe(true);
			expect(guarded && problemOf(guarded, "dev")).toBe(
				`CollectionsStorage-dev was never completed (${status}), and its termination protection keeps it from being created anew: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name CollectionsStorage-dev, then make infra-deploy ENV=dev.`,
			);
		},
	);

	test("names what outlives it by its resources", async () => {
		const types = ["AWS::S3::Bucket", "AWS::Cognito::UserPool", "AWS::DynamoDB::Table"];
		const failed = ["Web", "DB", "Storage", "Compute"].map((part) => [`Collections${part}-dev`, "CREATE_FAILED"]);
		const stacks = Object.fromEntries(failed);
		account.is({ stacks, resources: types });
		const existing = (await describeStacks(target())).filter(({ status }) => status !== null);
		expect(await findRetained(target(), existing)).toEqual({
			BucketName: "the-Bucket",
			UserPoolId: "the-UserPool",
			CheckpointTableName: "the-Table",
			WebBucketName: "the-Bucket",
		});
		account.is({ stacks, removed: types });
		expect(await findRetained(target(), existing)).toEqual({});
	});

	test("does not block a deployment while only its change set exists", async () => {
		const [stack] = await states("REVIEW_IN_PROGRESS", true);
		expect(stack && blocksDeployment(stack)).toBe(false);
	});

	test("is used and changed, protected or not, once it is complete", async () => {
		const [stack] = await states("CREATE_COMPLETE", true);
		expect(stack && problemOf(stack, "dev")).toBeUndefined();
		expect(stack && blocksDeployment(stack)).toBe(false);
	});
});

describe("the hosts of a private network", () => {
	const amiId = "ami-0123456789abcdef0";
	const network = { mode: "private", nat: "instance" };
	const named = () => target({ network: { ...network, amiId } });
	const images = { [amiId]: "arm64" };
	const host = (ImageId: string, Tags: object[] = []) => ({
		Resources: { NatInstance: { Type: "AWS::EC2::Instance", Properties: { ImageId, Tags } } },
	});

	test("need an image that cdk.json names", async () => {
		account.is({});
		await expect(checkHosts(target({ network }), [])).rejects.toThrow(
			"cdk.json: environments.dev.network.amiId: name the image of the bastion and of a NAT instance. aws ssm get-parameter --name /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64 --region eu-central-1 prints the newest.",
		);
		account.is({ newestImage: amiId });
		await expect(checkHosts(target({ network }), [])).rejects.toThrow(
			`The newest Amazon Linux 2023 for arm64 in eu-central-1 is ${amiId}.`,
		);
	});

	test.each([
		["is not in the region", {}, "is no image in eu-central-1. The newest is ami-0fedcba9876543210."],
		["is for other processors", { [amiId]: "x86_64" }, "is for x86_64, and the hosts are arm64. The newest is"],
	])("cannot have an image that %s", async (_, found, sentence) => {
		account.is({ images: found, newestImage: "ami-0fedcba9876543210" });
		await expect(checkHosts(named(), [])).rejects.toThrow(
			`cdk.json: environments.dev.network.amiId: ${amiId} ${sentence}`,
		);
	});

	test("are made by the first deployment, also after one that failed", async () => {
		account.is({ images, newestImage: amiId });
		expect(await checkHosts(named(), [host(amiId)])).toBe(`${amiId}, the newest`);
		account.is({ images, stacks: { "CollectionsDB-dev": "ROLLBACK_COMPLETE" } });
		expect(await checkHosts(named(), [host(amiId)])).toBe(`${amiId}; the newest is unknown`);
	});

	test("are left alone by a deployment that only tags them", async () => {
		const stacks = { "CollectionsDB-dev": "UPDATE_COMPLETE" };
		account.is({ images, stacks, template: host(amiId) });
		expect(await checkHosts(named(), [host(amiId, [{ Key: "Project", Value: "collections" }])])).toContain(amiId);
	});

	test("are not replaced or added by a deployment, which migrates right after", async () => {
		const stacks = { "CollectionsDB-dev": "UPDATE_COMPLETE" };
		for (const template of [host("ami-0fedcba9876543210"), { Resources: {} }]) {
			account.is({ images, stacks, template });
			await expect(checkHosts(named(), [host(amiId)])).rejects.toThrow(
				"This would replace or add NatInstance right before the migrations, which reach their secrets through the NAT: make infra-hosts ENV=dev does it alone, first.",
			);
			expect(await checkHosts(named(), [host(amiId)], { mayChange: true })).toContain(amiId);
		}
	});

	test("are none in a public network", async () => {
		expect(await checkHosts(target(), [])).toBe("none needed");
	});
});
