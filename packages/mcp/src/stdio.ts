import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";
import { type CollectionsClient, isPictureName } from "../../client/index.ts";
import { createMcpServer, type PictureSource } from "./server.ts";

const maxUploadBytes = 50_000_000;

/** Reads pictures of this machine. */
const files: PictureSource = {
	description: "Uploads a picture from this machine.",
	inputSchema: { path: z.string().min(1).max(4_096).describe("The file: png, jpg, webp, gif or avif") },
	async read({ path: file = "" }) {
		if (!isPictureName(file)) throw new Error(`${file} is no picture by its name.`);
		const { size } = await stat(file);
		if (size > maxUploadBytes) {
			throw new Error(`${file} has ${size} bytes, more than the ${maxUploadBytes} that are accepted.`);
		}
		return { filename: path.basename(file), content: await openAsBlob(file) };
	},
};

/** Serves a client on stdin and stdout, until its end closes them. */
export async function serveStdio(client: CollectionsClient): Promise<void> {
	const transport = new StdioServerTransport();
	const closed = new Promise<void>((resolve) => {
		transport.onclose = resolve;
		process.stdin.once("end", resolve);
	});
	await createMcpServer(client, files).connect(transport);
	await closed;
}
