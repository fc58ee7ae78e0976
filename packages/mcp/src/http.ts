import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js";
import { z } from "zod";
import { CollectionsClient, isPictureName } from "../../client/index.ts";
import { createMcpServer, type PictureSource } from "./server.ts";

/** In Base64 a picture is a third larger, and a request has 4 MiB at most. */
const maxUploadBytes = 3_000_000;

/** Reads pictures from the call itself. */
const calls: PictureSource = {
	description: "Uploads a picture that the call brings.",
	inputSchema: {
		filename: z.string().min(1).max(255).describe("Its name: png, jpg, webp, gif or avif"),
		data: z.string().min(1).describe(`The file in Base64, of at most ${maxUploadBytes} bytes`),
	},
	async read({ filename = "", data = "" }) {
		if (!isPictureName(filename)) throw new Error(`${filename} is no picture by its name.`);
		// Node leaves out what is no Base64, and the picture would be another.
		if (!/^[\w+/-]+={0,2}$/.test(data))
			throw new Error("data is not Base64: send the file's bytes in Base64, without spaces.");
		const bytes = Buffer.from(data, "base64");
		if (bytes.length > maxUploadBytes) {
			throw new Error(
				`${filename} has ${bytes.length} bytes, and a call brings at most ${maxUploadBytes}: upload it by POST /uploads.`,
			);
		}
		return { filename, content: new Blob([bytes]) };
	},
};

/** Whoever sent a request, and the API that its tools ask. */
interface Caller {
	apiUrl: string;
	token: string;
	/** Answers as the API does, for the token's person alone. */
	fetch: typeof fetch;
	/** Ends a tool's request. */
	timeoutMs: number;
}

/**
 * Answers a request over streamable HTTP with JSON. No session is kept: each request has a server of its own, whose tools
 * ask the API with the caller's token. A refusal is told at once, so that the agent decides when to try again.
 */
export async function answerMcp(request: Request, { apiUrl, token, fetch, timeoutMs }: Caller): Promise<Response> {
	const client = new CollectionsClient({
		apiUrl,
		session: token,
		fetch,
		timeoutMs,
		maxWaitSeconds: 0,
		retryUnavailable: false,
	});
	const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
	await using _server = await connected(client, transport);
	return await transport.handleRequest(request);
}

async function connected(client: CollectionsClient, transport: WebStandardStreamableHTTPServerTransport) {
	const server = createMcpServer(client, calls);
	await server.connect(transport);
	return { [Symbol.asyncDispose]: () => server.close() };
}
