import {
	CreateSecretCommand,
	DescribeSecretCommand,
	GetSecretValueCommand,
	ListSecretsCommand,
	PutSecretValueCommand,
	RotateSecretCommand,
	SecretsManagerClient,
	UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { useApis } from "./apis.ts";

const apis = await useApis();
const secrets = new SecretsManagerClient(apis.client);

const read = (SecretId: string, VersionStage?: string) =>
	secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }));

test("a secret is generated once and read by ARN or name", async () => {
	const { arn } = apis.secrets.ensure("app/first", () => "generated");
	expect(apis.secrets.ensure("app/first", () => "again")).toEqual({ arn });
	for (const id of [arn, "app/first"]) {
		expect(await read(id)).toMatchObject({
			ARN: arn,
			Name: "app/first",
			SecretString: "generated",
			VersionStages: ["AWSCURRENT"],
		});
	}
});

test("a secret is created by hand, once", async () => {
	const create = (SecretString: string, ClientRequestToken?: string) =>
		secrets.send(new CreateSecretCommand({ Name: "app/by-hand", SecretString, ClientRequestToken }));
	const token = "12345678-1234-1234-1234-123456789012";
	const { ARN } = await create("mine", token);
	expect(await create("mine", token), "sent again by the SDK").toMatchObject({ ARN });
	expect(await read("app/by-hand")).toMatchObject({ ARN, SecretString: "mine" });
	await expect(create("another")).rejects.toMatchObject({ name: "ResourceExistsException" });
	expect((await read("app/by-hand")).SecretString).toBe("mine");
});

test("a new value becomes current, and the last one previous", async () => {
	const { arn } = apis.secrets.ensure("app/rotated", () => "one");
	const put = (SecretString: string, ClientRequestToken?: string) =>
		secrets.send(new PutSecretValueCommand({ SecretId: arn, SecretString, ClientRequestToken }));
	await put("two");
	await secrets.send(new UpdateSecretCommand({ SecretId: arn, SecretString: "three" }));
	expect((await read(arn)).SecretString).toBe("three");
	expect((await read(arn, "AWSPREVIOUS")).SecretString).toBe("two");
	const token = "12345678-1234-1234-1234-123456789012";
	await put("four", token);
	await put("four", token);
	expect((await read(arn, "AWSPREVIOUS")).SecretString).toBe("three");
	await expect(put("five", token)).rejects.toMatchObject({ name: "ResourceExistsException" });
});

test("secrets are described and listed without their values", async () => {
	const { arn } = apis.secrets.ensure("app/listed", () => "do-not-show");
	const described = await secrets.send(new DescribeSecretCommand({ SecretId: arn }));
	expect(Object.values(described.VersionIdsToStages ?? {})).toEqual([["AWSCURRENT"]]);
	const listed = await secrets.send(new ListSecretsCommand({}));
	expect(listed.SecretList?.map((secret) => secret.Name)).toContain("app/listed");
	expect(JSON.stringify([described, listed])).not.toContain("do-not-show");
});

test("a missing secret and an unknown operation are refused by name", async () => {
	await expect(read("missing")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
	await expect(secrets.send(new RotateSecretCommand({ SecretId: "x" }))).rejects.toThrow(
		/RotateSecret is not implemented/,
	);
});
