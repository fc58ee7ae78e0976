import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
	GetParameterCommand,
	GetParametersByPathCommand,
	GetParametersCommand,
	PutParameterCommand,
	SSMClient,
} from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parameterReader } from "#aws/parameters.ts";
import { apiKeyIn } from "#lambda-kit/api-key.ts";
import { type Apis, startApis } from "./apis.ts";

let apis: Apis;
let store: SSMClient;

beforeAll(async () => {
	apis = await startApis();
	store = new SSMClient(apis.client);
	vi.stubEnv("AWS_ENDPOINT_URL", apis.state.endpoint);
	vi.stubEnv("AWS_REGION", apis.client.region);
	vi.stubEnv("AWS_ACCESS_KEY_ID", apis.keys.accessKeyId);
	vi.stubEnv("AWS_SECRET_ACCESS_KEY", apis.keys.secretAccessKey);
	vi.stubEnv("AWS_SESSION_TOKEN", apis.keys.sessionToken);
});
afterAll(async () => {
	vi.unstubAllEnvs();
	await apis.forget();
});

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
		await expect(put("/given/at-start", "other", true)).rejects.toThrow(".env");
		for (const file of ["state.db", "state.db-wal"]) {
			const written = readFileSync(join(apis.dir, file), "latin1");
			expect(written).not.toContain("given-secret");
		}
	});
});

describe("an API key", () => {
	it("is null where its parameter is missing, and is read anew when asked for fresh", async () => {
		const read = parameterReader();
		expect(await read("/late/key")).toBeNull();
		await put("/late/key", "now");
		expect(await read("/late/key")).toBeNull();
		expect(await read("/late/key", { fresh: true })).toBe("now");
		await put("/late/key", "later", true);
		expect(await read("/late/key")).toBe("now");
	});

	it("is not kept for more than five minutes", async () => {
		const read = parameterReader();
		await put("/old/key", "old");
		expect(await read("/old/key")).toBe("old");
		await put("/old/key", "new", true);
		const later = Date.now() + 5 * 60_000 + 1;
		vi.spyOn(Date, "now").mockReturnValueOnce(later);
		expect(await read("/old/key")).toBe("new");
	});

	it("that Parameter Store does not give is an error in seconds, and is asked for again", async () => {
		const read = parameterReader();
		let isMute = true;
		const between = createServer((request, response) => {
			if (isMute) return;
			const { method, headers, url = "/" } = request;
			const forwarded = httpRequest(
				new URL(url, apis.state.endpoint),
				{ method, headers },
				(answer) => {
					response.writeHead(answer.statusCode ?? 0, answer.headers);
					answer.pipe(response);
				},
			);
			request.pipe(forwarded);
		}).listen(0, "127.0.0.1");
		await once(between, "listening");
		const { port } = between.address() as AddressInfo;
		vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
		try {
			await expect(read("/late/key")).rejects.toMatchObject({
				name: "TimeoutError",
			});
			await put("/late/key", "here", true);
			isMute = false;
			expect(await read("/late/key")).toBe("here");
		} finally {
			vi.stubEnv("AWS_ENDPOINT_URL", apis.state.endpoint);
			between.close();
			between.closeAllConnections();
		}
	});

	it("loses the line end that came with it, and is none where only blanks are left", async () => {
		await put("/collections/local/voyage-api-key", "vk-1\n");
		await put("/blank/key", "  ");
		const key = apiKeyIn("/collections/local/voyage-api-key");
		expect(await key.read()).toBe("vk-1");
		expect(key.setting).toContain("/collections/local/voyage-api-key");
		expect(key.setting).toContain("VOYAGE_API_KEY in .env");
		expect(await parameterReader()("/blank/key")).toBeNull();
	});
});
