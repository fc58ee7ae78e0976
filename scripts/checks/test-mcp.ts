// make test-mcp: the official conformance package and the inspector against an environment's /mcp.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { main } from "#deployment/progress.ts";
import { signedIn } from "../users/sign-in.ts";

const conformance = "@modelcontextprotocol/conformance@0.1.16";
const inspector = "@modelcontextprotocol/inspector@2.12.0";
/** Scenarios that a server of pictures cannot pass, with the reason of each. */
const expectedFailures = "scripts/checks/mcp-expected-failures.yml";

await main(async () => {
	const email = process.env.EMAIL;
	if (!email) throw new Error("EMAIL is missing: run make test-mcp EMAIL=you@example.com");
	const { outputs, session } = await signedIn(process.env.ENV || "local", email);
	const target = new URL("/mcp", outputs.ApiUrl);
	const token = await session.token();
	const server = createServer((request, response) => {
		forward(request, response, target, token).catch((error) => response.destroy(error));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	try {
		const { port } = server.address() as AddressInfo;
		const url = `http://localhost:${port}/mcp`;
		await npx(conformance, "server", "--url", url, "--expected-failures", expectedFailures);
		const inspect = [
			inspector,
			"--cli",
			target.href,
			"--transport",
			"http",
			"--header",
			`Authorization: Bearer ${token}`,
		];
		await npx(...inspect, "--method", "tools/list");
		await npx(...inspect, "--method", "tools/call", "--tool-name", "list", "--tool-arg", "limit=1");
		await npx(...inspect, "--method", "resources/list");
	} finally {
		server.close();
	}
});

/** Sends a request on with a token, which the conformance package cannot send; and without an origin where that is its own. */
async function forward(request: IncomingMessage, response: ServerResponse, target: URL, token: string): Promise<void> {
	const { accept, origin, ...given } = request.headers;
	const isOwn = origin === `http://localhost:${request.socket.localPort}`;
	const answer = await fetch(target, {
		method: request.method ?? "GET",
		headers: {
			authorization: `Bearer ${token}`,
			...(accept && { accept }),
			...(given["content-type"] && { "content-type": given["content-type"] }),
			...(given["mcp-protocol-version"] && { "mcp-protocol-version": String(given["mcp-protocol-version"]) }),
			...(origin && !isOwn && { origin }),
		},
		...(request.method === "POST" && { body: new Uint8Array(await buffer(request)) }),
	});
	response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
	response.end(new Uint8Array(await answer.arrayBuffer()));
}

/** Runs a published program. @throws where it ends with a failure */
async function npx(...args: string[]): Promise<void> {
	const child = spawn("npx", ["--yes", ...args], { stdio: ["ignore", "inherit", "inherit"] });
	const [code] = await once(child, "exit");
	if (code !== 0) throw new Error(`${args[0]} ended with ${code}: its output above says why.`);
}
