import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
	GetParameterCommand,
	GetParametersByPathCommand,
	GetParametersCommand,
	PutParameterCommand,
	SSMClient,
} from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Apis, startApis } from "./apis.ts";

let apis: Apis;
let store: SSMClient;

beforeAll(async () => {
	apis = await startApis();
	store = new SSMClient(apis.client);
});
afterAll(() => apis.forget());

const put = (Name: string, Value: string, Overwrite = false) =>
	store.send(
		new PutParameterCommand({ Name, Value, Overwrite, Type: "SecureString" }),
	);
const get = (Name: string, WithDecryption = true) =>
	store.send(new GetParameterCommand({ Name, WithDecryption }));

describe("Parameter Store", () => {
	it("gives what was put, with a version that counts up", async () => {
		expect((await put("/a/key", "one")).Version).toBe(1);
		await expect(put("/a/key", "two")).rejects.toMatchObject({
			name: "ParameterAlreadyExists",
		});
		expect((await put("/a/key", "two", true)).Version).toBe(2);
		expect((await get("/a/key")).Parameter).toMatchObject({
			Name: "/a/key",
			Type: "SecureString",
			Value: "two",
			Version: 2,
			ARN: "arn:aws:ssm:eu-central-1:000000000000:parameter/a/key",
		});
	});

	it("does not show a secret to whoever does not ask for the text", async () => {
		await put("/a/secret", "plain");
		expect((await get("/a/secret", false)).Parameter?.Value).not.toContain(
			"plain",
		);
	});

	it("names what it does not have", async () => {
		await expect(get("/a/missing")).rejects.toMatchObject({
			name: "ParameterNotFound",
		});
		await put("/a/there", "x");
		const answer = await store.send(
			new GetParametersCommand({
				Names: ["/a/there", "/a/missing"],
				WithDecryption: true,
			}),
		);
		expect(answer.Parameters?.map(({ Value }) => Value)).toEqual(["x"]);
		expect(answer.InvalidParameters).toEqual(["/a/missing"]);
	});

	it("refuses what it cannot do, by name", async () => {
		await expect(
			store.send(new GetParametersByPathCommand({ Path: "/a" })),
		).rejects.toThrow("AmazonSSM.GetParametersByPath is not implemented");
	});

	it("holds what it was given at its start in memory alone", async () => {
		expect((await get("/given/at-start")).Parameter?.Value).toBe(
			"given-secret",
		);
		await expect(put("/given/at-start", "other", true)).rejects.toThrow(
			"was passed to cdk-local at its start",
		);
		for (const file of ["state.db", "state.db-wal"]) {
			const written = readFileSync(join(apis.dir, file), "latin1");
			expect(written).not.toContain("given-secret");
		}
	});
});
