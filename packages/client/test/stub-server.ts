import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that a stub received. */
export interface Received {
	method: string;
	path: string;
	headers: IncomingHttpHeaders;
	body: string;
}

export interface StubAnswer {
	status?: number;
	headers?: Record<string, string>;
	/** An object is sent as JSON. */
	body?: unknown;
	/** The answer's delay. */
	afterMs?: number;
}

/** Starts a server on this machine that answers as a test says, and keeps what it received. */
export async function stubServer(answer: (request: Received, count: number) => StubAnswer) {
	const received: Received[] = [];
	const server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		try {
			for await (const chunk of request) chunks.push(chunk);
		} catch (error) {
			// A client that was killed sends no more of it.
			if (!request.complete) return;
			throw error;
		}
		const got = {
			method: request.method ?? "",
			path: request.url ?? "",
			headers: request.headers,
			body: Buffer.concat(chunks).toString("latin1"),
		};
		received.push(got);
		const { status = 200, headers = {}, body = {}, afterMs = 0 } = answer(got, received.length);
		setTimeout(() => {
			const isText = typeof body === "string";
			response.writeHead(status, { "content-type": isText ? "text/html" : "application/json", ...headers });
			response.end(isText ? body : JSON.stringify(body));
		}, afterMs);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		received,
		[Symbol.asyncDispose]: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
