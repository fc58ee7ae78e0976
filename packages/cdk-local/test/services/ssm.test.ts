import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
	GetParameterCommand,
	GetParametersByPathCommand,
	GetParametersCommand,
	PutParameterCommand,
	SSMClient,
} from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { useApis } from "./apis.ts";

const apis = await useApis();
const store = new SSMClient(apis.client);

const put = (Name: string, Value: string, Overwrite = false) =>
	store.send(new PutParameterCommand({ Name, Value, Overwrite, Type: "SecureString" }));
const get = (Name: string, WithDecryption = true) => store.send(new GetParameterCommand({ Name, WithDecryption }));

describe("Parameter Store", () => {
	it("returns a parameter, with a version that increments", async () => {
		expect((await put("/a/key", "one")).Version).toBe(1);
		await expect(put("/a/key", "two")).rejects.toMatchObject({ name: "ParameterAlreadyExists" });
		expect((await put("/a/key", "two", true)).Version).toBe(2);
		expect((await get("/a/key")).Parameter).toMatchObject({
			Name: "/a/key",
			Type: "SecureString",
			Value: "two",
			Version: 2,
			ARN: "arn:aws:ssm:eu-central-1:000000000000:parameter/a/key",
		});
	});

	it("does not decrypt a secret unless the call asks for it", async () => {
		await put("/a/secret", "plain");
		expect((await get("/a/secret", false)).Parameter?.Value).not.toContain("plain");
	});

	it("names missing parameters", async () => {
		await expect(get("/a/missing")).rejects.toMatchObject({ name: "ParameterNotFound" });
		await put("/a/present", "x");
		const answer = await store.send(
			new GetParametersCommand({ Names: ["/a/present", "/a/missing"], WithDecryption: true }),
		);
		expect(answer.Parameters?.map(({ Value }) => Value)).toEqual(["x"]);
		expect(answer.InvalidParameters).toEqual(["/a/missing"]);
	});

	it("refuses an unknown operation by name", async () => {
		await expect(store.send(new GetParametersByPathCommand({ Path: "/a" }))).rejects.toThrow(
			"AmazonSSM.GetParametersByPath is not implemented",
		);
	});

	it("keeps the parameters passed at the start in memory only", async () => {
		expect((await get("/preset/parameter")).Parameter?.Value).toBe("preset-secret");
		await expect(put("/preset/parameter", "other", true)).rejects.toThrow("was passed to cdk-local at its start");
		for (const file of ["state.db", "state.db-wal"]) {
			const bytes = readFileSync(join(apis.dir, file), "latin1");
			expect(bytes).not.toContain("preset-secret");
		}
	});
});
