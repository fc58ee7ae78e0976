import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { closeServer } from "../../endpoint/close-server.ts";
import { readBody, refuse, respond, splitUrl } from "../apigatewayv2/gateway.ts";
import { TokenBucket } from "../apigatewayv2/token-bucket.ts";
import type { InvocationResult, StreamReceiver } from "../lambda/sandbox.ts";
import { responseHead } from "./response-head.ts";

interface Method {
	method: string;
	path: string;
	timeoutMilliseconds: number;
	/** @param abandoned aborts when the gateway waits no longer */
	invoke(payload: Buffer, abandoned: AbortSignal, receive: StreamReceiver): Promise<InvocationResult>;
	/** Tests whether the function's policy allows the method to invoke it. */
	allows(sourceArn: string): boolean;
}

interface RestGatewayOptions {
	apiId: string;
	port: number;
	account: string;
	region: string;
	log(line: string): void;
}

/** A regional REST API whose methods stream the responses of functions. */
export class RestGateway {
	readonly #options: RestGatewayOptions;
	readonly #server: Server;
	readonly #methods: Method[] = [];
	#stage = "";
	#bucket: TokenBucket | null = null;

	constructor(options: RestGatewayOptions) {
		this.#options = options;
		this.#server = createServer((request, response) => {
			this.#handle(request, response).catch((error) => {
				options.log(`${request.method} ${request.url}: ${error?.stack}`);
				if (response.headersSent) response.destroy();
				else respond(response, 500, "Internal server error");
			});
		});
	}

	async listen(): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(this.#options.port, "127.0.0.1", resolve);
		});
	}

	get url(): string {
		return `http://127.0.0.1:${this.#options.port}`;
	}

	addMethod(method: Method): void {
		this.#methods.push(method);
	}

	/** Serves the methods under the stage's name. @param throttle requests a second, and at once */
	deploy(stage: string, throttle: readonly [rate: number, burst: number] | undefined): void {
		this.#stage = stage;
		this.#bucket = throttle ? new TokenBucket(...throttle) : null;
	}

	close(): Promise<void> {
		return closeServer(this.#server);
	}

	async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const requestId = crypto.randomUUID();
		response.setHeader("x-amzn-requestid", requestId);
		const [address = "/", query = ""] = splitUrl(request.url ?? "/");
		const prefix = `/${this.#stage}`;
		const path = address.startsWith(`${prefix}/`) ? address.slice(prefix.length) : null;
		const method = this.#methods.find((each) => each.method === request.method && each.path === path);
		if (!method || path === null) return refuse(request, response, 403, "Missing Authentication Token");
		if (this.#bucket && !this.#bucket.take()) return refuse(request, response, 429, "Too Many Requests");
		const body = await readBody(request);
		if (body === null) return refuse(request, response, 413, "Request Too Long");
		const { account, region, apiId, log } = this.#options;
		const sourceArn = `arn:aws:execute-api:${region}:${account}:${apiId}/${this.#stage}/${method.method}${path}`;
		if (!method.allows(sourceArn)) {
			log(`${method.method} ${path}: the function's policy does not allow the API to invoke it`);
			return respond(response, 500, "Internal server error");
		}
		const event = {
			resource: path,
			path,
			httpMethod: method.method,
			headers: singleValues(request.headersDistinct),
			multiValueHeaders: request.headersDistinct,
			queryStringParameters: null,
			multiValueQueryStringParameters: query ? queryValues(query) : null,
			pathParameters: null,
			stageVariables: null,
			requestContext: {
				accountId: account,
				apiId,
				domainName: request.headers.host ?? "",
				httpMethod: method.method,
				path: address,
				protocol: "HTTP/1.1",
				requestId,
				resourcePath: path,
				stage: this.#stage,
				identity: { sourceIp: request.socket.remoteAddress ?? "" },
			},
			body: body.length > 0 ? body.toString() : null,
			isBase64Encoded: false,
		};
		await this.#stream(method, Buffer.from(JSON.stringify(event)), response);
	}

	async #stream(method: Method, payload: Buffer, response: ServerResponse): Promise<void> {
		const abandoned = new AbortController();
		let open: Readable | null = null;
		let forwarded = Promise.resolve();
		const timer = setTimeout(() => {
			if (!response.headersSent) respond(response, 504, "Endpoint request timed out");
			else response.destroy();
		}, method.timeoutMilliseconds);
		// On AWS a function goes on when its client has gone. Here its stream is closed, which tells it.
		response.once("close", () => {
			abandoned.abort();
			open?.destroy();
		});
		try {
			const result = await method.invoke(payload, abandoned.signal, (body) => {
				open = body;
				if (response.destroyed || response.writableEnded) body.destroy();
				else forwarded = forward(body, response, this.#options.log);
			});
			await forwarded;
			if (!response.headersSent) respond(response, 502, "Internal server error");
			else if (result.failed) response.destroy();
			else response.end();
		} catch (error) {
			if (!abandoned.signal.aborted) throw error;
		} finally {
			clearTimeout(timer);
		}
	}
}

/** Sends on the head, then each chunk as it comes. The end of the invocation ends the response. */
async function forward(body: Readable, response: ServerResponse, log: (line: string) => void): Promise<void> {
	let head: Buffer | null = Buffer.alloc(0);
	try {
		for await (const chunk of body as AsyncIterable<Buffer>) {
			if (head === null) {
				response.write(chunk);
				continue;
			}
			head = Buffer.concat([head, chunk]);
			const read = responseHead(head);
			if (!read) continue;
			head = null;
			for (const [name, value] of read.headers) response.setHeader(name, value);
			response.writeHead(read.status);
			if (read.rest.length > 0) response.write(read.rest);
			else response.flushHeaders();
		}
	} catch (error) {
		if (!response.destroyed) log(`a streamed response was cut: ${error}`);
	}
}

const singleValues = (headers: NodeJS.Dict<string[]>) =>
	Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values?.at(-1) ?? ""]));

function queryValues(query: string): Record<string, string[]> {
	const parameters = new URLSearchParams(query);
	return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]));
}
