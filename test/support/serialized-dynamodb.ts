import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";

/**
 * Serves another server's AWS APIs, with one request to DynamoDB at a time. moto needs it: each of its requests is a
 * thread, and it checks a write's condition and writes in two steps without a lock, so that of five concurrent writes on the
 * condition that nobody came first two may succeed. When it cancels a transaction it restores a copy of all tables,
 * which loses what others wrote meanwhile.
 */
export async function serveSerialized(target: string): Promise<{ url: string; close(): Promise<void> }> {
	let last: Promise<unknown> = Promise.resolve();
	const server = createServer((incoming, outgoing) => {
		const serve = () => forward(target, incoming, outgoing).catch((error) => outgoing.destroy(error));
		if (incoming.headers["x-amz-target"]?.toString().startsWith("DynamoDB_")) last = last.then(serve);
		else void serve();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

async function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
	const { method, url = "/", headers } = incoming;
	const sent = request(new URL(url, target), { method, headers });
	const answered = new Promise<IncomingMessage>((resolve, reject) => sent.on("response", resolve).on("error", reject));
	await Promise.all([pipeline(incoming, sent), answered]);
	const answer = await answered;
	outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
	await pipeline(answer, outgoing);
}

/** Puts the server at `TEST_AWS_ENDPOINT_URL` behind such a proxy, for all tests of a run. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
	const target = process.env.TEST_AWS_ENDPOINT_URL;
	if (!target) return undefined;
	const { url, close } = await serveSerialized(target);
	process.env.TEST_AWS_ENDPOINT_URL = url;
	return close;
}
