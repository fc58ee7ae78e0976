import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockState } from "#cdk-local/index.ts";
import { untilHealthy } from "#scripts/local/until-healthy.ts";
import { createScriptRunner } from "./script-runner.ts";

/** Answers of `/health`, in order; the last one stays. */
let statuses: number[];
let asked: number;
let apiUrl: string;
const server = createServer((_, response) => {
	asked += 1;
	response.writeHead(statuses.length > 1 ? (statuses.shift() ?? 0) : (statuses[0] ?? 0)).end();
});
beforeEach(async () => {
	asked = 0;
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test("make up does not say ready while the database is away", async () => {
	statuses = [503, 503, 200];
	const runner = createScriptRunner();
	// A cloud that runs already, in this process.
	runner.write(".local/ready.txt", "the banner");
	const unlock = lockState(`${runner.folder}/.local`);
	const required =
		"Region UserPoolId UserPoolClientId CliClientId CognitoEndpoint BucketName DatabaseEndpoint DatabaseName DatabaseSecretArn CleanupFunctionName MigrationFunctionName";
	const outputs = Object.fromEntries(required.split(" ").map((name) => [name, "any"]));
	runner.write(
		".aws-outputs-local.json",
		JSON.stringify({ ...outputs, Environment: "local", ApiUrl: apiUrl, AwsEndpointUrl: apiUrl }),
	);
	try {
		const { stdout, stderr, code } = await runner.run("up", { PORT: new URL(apiUrl).port });
		expect({ stdout, stderr, code }).toEqual({ stdout: "Already running.\n\nthe banner\n", stderr: "", code: 0 });
		expect(asked).toBe(3);
	} finally {
		unlock();
		runner.remove();
	}
});

test("what is not healthy in time is an error that names what is away", async () => {
	statuses = [503];
	await expect(untilHealthy(apiUrl, 0.1)).rejects.toThrow("GET /health answers 503, so the database is away.");
	server.closeAllConnections();
	server.close();
	await expect(untilHealthy(apiUrl, 0.1)).rejects.toThrow(/GET \/health fails \(.*ECONNREFUSED/);
});
