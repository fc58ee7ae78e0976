import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Bytes of a synchronous invocation's payload, and of its response. */
export const maxPayload = 6 * 1024 * 1024;

const responsePath = /^\/2018-06-01\/runtime\/invocation\/([^/]+)\/(response|error)$/;

interface Invocation {
	requestId: string;
	payload: Buffer;
	/** Milliseconds since 1970 at which the function is killed. */
	deadline: number;
	functionArn: string;
}

/** Calls from the process in the sandbox. */
interface RuntimeEvents {
	/** The process requests an invocation: its initialization is over. */
	ready(): void;
	answered(requestId: string, payload: Buffer): void;
	failed(requestId: string, payload: Buffer): void;
	/** The process begins to send its response. */
	streams(requestId: string, body: IncomingMessage): void;
	initFailed(payload: Buffer): void;
}

/** The server of the Lambda Runtime API for one sandbox; any AWS runtime client can use it. */
export class RuntimeApi {
	readonly #server: Server;
	readonly #events: RuntimeEvents;
	/** The response to `next`, open until there is an invocation. */
	#next: ServerResponse | null = null;

	private constructor(events: RuntimeEvents) {
		this.#events = events;
		this.#server = createServer((request, response) => {
			if (request.headers["lambda-runtime-function-response-mode"] === "streaming") {
				return this.#stream(request, response);
			}
			const chunks: Buffer[] = [];
			let size = 0;
			request.on("data", (chunk: Buffer) => {
				size += chunk.length;
				// One chunk above the limit is enough to see that it is exceeded.
				if (size - chunk.length <= maxPayload) chunks.push(chunk);
			});
			request.on("end", () => this.#handle(request.method ?? "", request.url ?? "", Buffer.concat(chunks), response));
		});
		// `next` waits until there is an invocation.
		this.#server.requestTimeout = 0;
		this.#server.keepAliveTimeout = 0;
	}

	static async listen(events: RuntimeEvents): Promise<RuntimeApi> {
		const api = new RuntimeApi(events);
		await new Promise<void>((resolve, reject) => {
			api.#server.once("error", reject);
			api.#server.listen(0, "127.0.0.1", resolve);
		});
		return api;
	}

	get address(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	/** The process waits for an invocation. */
	get waiting(): boolean {
		return this.#next !== null;
	}

	/** Sends an invocation to the waiting process. */
	send(invocation: Invocation): void {
		const response = this.#next;
		if (!response) throw new Error("The sandbox is not waiting for an invocation.");
		this.#next = null;
		response
			.writeHead(200, {
				"content-type": "application/json",
				"content-length": invocation.payload.length,
				"lambda-runtime-aws-request-id": invocation.requestId,
				"lambda-runtime-deadline-ms": String(invocation.deadline),
				"lambda-runtime-invoked-function-arn": invocation.functionArn,
				"lambda-runtime-trace-id": `Root=1-${invocation.requestId}`,
			})
			.end(invocation.payload);
	}

	close(): void {
		this.#server.close();
		this.#server.closeAllConnections();
	}

	/** Gives on a response as it comes. It fails where the process says so in its trailers, or the stream is cut. */
	#stream(request: IncomingMessage, response: ServerResponse): void {
		const [, requestId = ""] = responsePath.exec(request.url ?? "") ?? [];
		request.on("error", () => {});
		request.once("close", () => {
			const { "lambda-runtime-function-error-type": type, "lambda-runtime-function-error-body": body } =
				request.trailers;
			if (request.complete && !type) this.#events.answered(requestId, Buffer.alloc(0));
			else this.#events.failed(requestId, Buffer.from(body ?? "", "base64"));
		});
		request.once("end", () => {
			response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
		});
		this.#events.streams(requestId, request);
	}

	#handle(method: string, path: string, body: Buffer, response: ServerResponse): void {
		const [, requestId = "", outcome = ""] = responsePath.exec(path) ?? [];
		if (method === "GET" && path === "/2018-06-01/runtime/invocation/next") {
			this.#next = response;
			this.#events.ready();
			return;
		}
		const accepted = (status: number, value: object) => {
			const text = JSON.stringify(value);
			response.writeHead(status, { "content-type": "application/json", "content-length": text.length }).end(text);
		};
		if (method !== "POST") {
			accepted(404, { errorType: "NotFound" });
		} else if (path === "/2018-06-01/runtime/init/error") {
			accepted(202, { status: "OK" });
			this.#events.initFailed(body);
		} else if (outcome === "response" && body.length > maxPayload) {
			accepted(413, { errorType: "RequestEntityTooLarge" });
			this.#events.failed(
				requestId,
				Buffer.from(
					JSON.stringify({
						errorType: "Function.ResponseSizeTooLarge",
						errorMessage: `Response payload size exceeded maximum allowed payload size (${maxPayload} bytes).`,
					}),
				),
			);
		} else if (outcome === "response") {
			accepted(202, { status: "OK" });
			this.#events.answered(requestId, body);
		} else if (outcome === "error") {
			accepted(202, { status: "OK" });
			this.#events.failed(requestId, body);
		} else {
			accepted(404, { errorType: "NotFound" });
		}
	}
}
