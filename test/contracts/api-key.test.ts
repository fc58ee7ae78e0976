import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parameterReader } from "#aws/parameters.ts";
import { type Apis, startApis } from "#cdk-local/testing/index.ts";
import { apiKeyParameter } from "#lambda-kit/api-key.ts";
import { stubFunctionEnv } from "../support/function-env.ts";

let apis: Apis;
let store: SSMClient;

beforeAll(async () => {
	apis = await startApis();
	store = new SSMClient(apis.client);
	stubFunctionEnv(apis);
});
afterAll(async () => {
	vi.unstubAllEnvs();
	await apis.destroy();
});

const put = (Name: string, Value: string, Overwrite = false) =>
	store.send(new PutParameterCommand({ Name, Value, Overwrite, Type: "SecureString" }));

describe("an API key", () => {
	it("is null if its parameter is missing, and is cached until a fresh read", async () => {
		const read = parameterReader();
		expect(await read("/late/key")).toBeNull();
		await put("/late/key", "now");
		expect(await read("/late/key")).toBeNull();
		expect(await read("/late/key", { fresh: true })).toBe("now");
		await put("/late/key", "later", true);
		expect(await read("/late/key")).toBe("now");
	});

	it("is cached for at most five minutes", async () => {
		const read = parameterReader();
		await put("/old/key", "old");
		expect(await read("/old/key")).toBe("old");
		await put("/old/key", "new", true);
		const later = Date.now() + 5 * 60_000 + 1;
		vi.spyOn(Date, "now").mockReturnValueOnce(later);
		expect(await read("/old/key")).toBe("new");
	});

	it("is a timeout error if Parameter Store does not answer, and the next read tries again", async () => {
		const read = parameterReader();
		let isSilent = true;
		const proxy = createServer((request, response) => {
			if (isSilent) return;
			const { method, headers, url = "/" } = request;
			const forwarded = httpRequest(new URL(url, apis.state.endpoint), { method, headers }, (answer) => {
				response.writeHead(answer.statusCode ?? 0, answer.headers);
				answer.pipe(response);
			});
			request.pipe(forwarded);
		}).listen(0, "127.0.0.1");
		await once(proxy, "listening");
		const { port } = proxy.address() as AddressInfo;
		vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
		try {
			await expect(read("/late/key")).rejects.toMatchObject({
				name: "TimeoutError",
			});
			await put("/late/key", "present", true);
			isSilent = false;
			expect(await read("/late/key")).toBe("present");
		} finally {
			vi.stubEnv("AWS_ENDPOINT_URL", apis.state.endpoint);
			proxy.close();
			proxy.closeAllConnections();
		}
	});

	it("loses its trailing newline, and is null if it is blank", async () => {
		await put("/collections/local/voyage-api-key", "vk-1\n");
		await put("/blank/key", "  ");
		const key = apiKeyParameter("/collections/local/voyage-api-key");
		expect(await key.read()).toBe("vk-1");
		expect(key.setting).toContain("/collections/local/voyage-api-key");
		expect(key.setting).toContain("VOYAGE_API_KEY in .env");
		expect(await parameterReader()("/blank/key")).toBeNull();
	});
});
