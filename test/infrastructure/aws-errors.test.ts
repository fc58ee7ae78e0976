import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as ssm from "#aws/client-ssm.ts";
import { bundled } from "#lib/bundling/javascript.ts";

const directory = mkdtempSync(join(tmpdir(), "collections-test-"));
let answer = { status: 200, body: {} };
const service = createServer((_, response) =>
	response.writeHead(answer.status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer.body)),
);
/** Parameter Store's client as it is in the bundles. */
let sdk: typeof ssm;

beforeAll(async () => {
	await esbuild.build({
		...bundled,
		entryPoints: { ssm: "packages/aws/client-ssm.ts" },
		outdir: directory,
	});
	sdk = await import(join(directory, "ssm.mjs"));
	await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
});

afterAll(() => {
	service.close();
	rmSync(directory, { recursive: true });
});

function read() {
	const client = new sdk.SSMClient({
		region: "us-east-1",
		endpoint: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
		credentials: { accessKeyId: "test", secretAccessKey: "test" },
		maxAttempts: 1,
	});
	return client.send(new sdk.GetParameterCommand({ Name: "/one" }));
}

describe("an error of AWS in a bundle", () => {
	it("has its class where the code catches it", async () => {
		answer = { status: 400, body: { __type: "ParameterNotFound" } };
		await expect(read()).rejects.toBeInstanceOf(sdk.ParameterNotFound);
	});

	it("keeps its name, status and message where nothing does", async () => {
		answer = {
			status: 400,
			body: { __type: "InvalidKeyId", message: "The key is gone." },
		};
		await expect(read()).rejects.toMatchObject({
			name: "InvalidKeyId",
			message: "The key is gone.",
			$fault: "client",
			$metadata: { httpStatusCode: 400 },
		});
	});
});
