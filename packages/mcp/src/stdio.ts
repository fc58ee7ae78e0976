import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import type { CollectionsClient } from "../../client/index.ts";
import { createMcpServer } from "./server.ts";

/** Serves a client on stdin and stdout, until its end closes them. */
export async function serveStdio(client: CollectionsClient): Promise<void> {
	const transport = new StdioServerTransport();
	const closed = new Promise<void>((resolve) => {
		transport.onclose = resolve;
		process.stdin.once("end", resolve);
	});
	await createMcpServer(client).connect(transport);
	await closed;
}
