import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface HttpReply {
	status: number;
	headers?: Record<string, string>;
	/** Text is sent unchanged, anything else as JSON. */
	body: unknown;
	/** After its body the answer goes on with this text, once a second, without end. */
	endlessly?: string;
	/** Delays the response. @default 0 */
	afterSeconds?: number;
}

/** The fake provider's reaction to one request. */
export type Reply =
	| HttpReply
	/** Closes the connection without an answer. */
	| "reset"
	/** Never answers. */
	| "silence"
	/** Sends headers and the beginning of a body, then nothing more. */
	| "stall";

interface ReceivedRequest {
	path: string;
	headers: Record<string, string | string[] | undefined>;
	// biome-ignore lint/suspicious/noExplicitAny: tests read it like the provider
	body: any;
	at: number;
	/** True once the client closed the connection before the end of the answer. */
	abandoned: boolean;
}

/** A loopback server that answers like a provider, with the replies of a test in order. */
export interface ProviderServer {
	url: string;
	/** Oldest first. */
	requests: ReceivedRequest[];
	/** Clears requests and replies, and sets new replies, of which the last repeats. */
	answers(...replies: Reply[]): void;
	/** Clears requests and replies, and answers each request by a rule until `answers` is called. */
	answersBy(rule: (request: ReceivedRequest) => Reply): void;
	close(): Promise<void>;
}

export async function serveProvider(): Promise<ProviderServer> {
	let replies: Reply[] = [];
	let rule: ((request: ReceivedRequest) => Reply) | null = null;
	const requests: ReceivedRequest[] = [];
	const server = createServer(async (incoming, outgoing) => {
		const chunks: Buffer[] = [];
		for await (const chunk of incoming) chunks.push(chunk);
		const text = Buffer.concat(chunks).toString();
		const received: ReceivedRequest = {
			path: incoming.url ?? "",
			headers: incoming.headers,
			body: text ? JSON.parse(text) : null,
			at: Date.now(),
			abandoned: false,
		};
		outgoing.once("close", () => {
			received.abandoned = !outgoing.writableEnded;
		});
		const reply = rule?.(received) ?? replies[Math.min(requests.length, replies.length - 1)];
		requests.push(received);
		if (!reply) throw new Error("The fake provider has no reply.");
		if (reply === "reset") {
			incoming.socket.resetAndDestroy();
		} else if (reply === "stall") {
			outgoing.writeHead(200, { "content-type": "application/json" });
			outgoing.write('{"id": "half');
		} else if (reply !== "silence") {
			if (reply.afterSeconds) await sleep(reply.afterSeconds * 1_000);
			outgoing.writeHead(reply.status, {
				"content-type": "application/json",
				...reply.headers,
			});
			const body = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body);
			if (reply.endlessly === undefined) return void outgoing.end(body);
			outgoing.write(body);
			while (!outgoing.destroyed) {
				await sleep(1_000);
				outgoing.write(reply.endlessly);
			}
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}`,
		requests,
		answers(...next) {
			replies = next;
			rule = null;
			requests.length = 0;
		},
		answersBy(next) {
			rule = next;
			requests.length = 0;
		},
		async close() {
			server.close();
			server.closeAllConnections();
			await once(server, "close");
		},
	};
}
