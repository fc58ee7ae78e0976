import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { closeServer } from "../../endpoint/close-server.ts";
import { PayloadTooLarge } from "../lambda/function.ts";
import type { InvocationResult } from "../lambda/sandbox.ts";
import { type Authorizer, type Jwt, jwtAuthorizer } from "./authorizer.ts";
import { type CorsConfiguration, corsHeaders, preflight } from "./cors.ts";
import { functionResponse, requestEvent } from "./payload.ts";
import { type Route, selectRoute } from "./routes.ts";
import { TokenBucket } from "./token-bucket.ts";

interface Integration {
	/** @param abandoned aborts when the gateway waits no longer */
	invoke(payload: Buffer, abandoned: AbortSignal): Promise<InvocationResult>;
	/** Tests whether the function's policy allows a route to invoke it. @param sourceArn the route's */
	allows(sourceArn: string): boolean;
	timeoutMilliseconds: number;
}

interface GatewayOptions {
	/** 0 takes a free one. */
	port: number;
	account: string;
	region: string;
	log(line: string): void;
}

/** API Gateway's own limits for an HTTP API. */
const maxBody = 10 * 1024 * 1024;
/** Of the request line and the values of all headers; their names do not count. */
const maxHeaders = 10_240;

/** An API Gateway HTTP API: CORS, routing, throttling and authorization around functions. */
export class Gateway {
	readonly #options: GatewayOptions;
	readonly #server: Server;
	readonly #routes: Route[] = [];
	readonly #integrations = new Map<string, Integration>();
	readonly #authorizers = new Map<string, Authorizer>();
	#api: { apiId: string; cors: CorsConfiguration | null } | null = null;
	/** By route; null has that of all routes without their own. */
	readonly #buckets = new Map<string | null, TokenBucket>();

	constructor(options: GatewayOptions) {
		this.#options = options;
		this.#server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
			this.#handle(request, response).catch((error) => {
				options.log(`${request.method} ${request.url}: ${error?.stack}`);
				if (response.headersSent) response.destroy();
				else respond(response, 500, "Internal Server Error");
			});
		});
		this.#server.on("clientError", refuseUnreadable);
	}

	/** Listens on the port. Responds with 404 until there are routes. */
	async listen(): Promise<void> {
		const { port } = this.#options;
		await new Promise<void>((resolve, reject) => {
			this.#server.once("error", (error: NodeJS.ErrnoException) =>
				reject(
					error.code === "EADDRINUSE"
						? new Error(`Port ${port} is used by another program: end that program, or choose another port.`)
						: error,
				),
			);
			this.#server.listen(port, "127.0.0.1", resolve);
		});
	}

	get url(): string {
		return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
	}

	configure(api: { apiId: string; cors: CorsConfiguration | null }): void {
		if (this.#api) throw new Error("cdk-local runs one HTTP API");
		this.#api = api;
	}

	addIntegration(id: string, integration: Integration): void {
		this.#integrations.set(id, integration);
	}

	addAuthorizer(id: string, options: { issuer: string; audience: string[] }): void {
		this.#authorizers.set(id, jwtAuthorizer(options));
	}

	addRoute(route: Route): void {
		if (!this.#integrations.has(route.integrationId)) {
			throw new Error(`there is no integration ${route.integrationId}`);
		}
		if (route.authorizerId !== null && !this.#authorizers.has(route.authorizerId)) {
			throw new Error(`there is no authorizer ${route.authorizerId}`);
		}
		this.#routes.push(route);
	}

	/**
	 * Sets the allowed requests a second, and how many may come at once.
	 * @param key a route's; null for all routes without settings of their own, together
	 */
	throttle(key: string | null, rate: number, burst: number): void {
		this.#buckets.set(key, new TokenBucket(rate, burst));
	}

	close(): Promise<void> {
		return closeServer(this.#server);
	}

	async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const requestId = crypto.randomUUID();
		response.setHeader("apigw-requestid", requestId);
		const cors = this.#api?.cors ?? null;
		if (cors) {
			const headers = corsHeaders(cors, request.headers.origin);
			for (const [name, value] of Object.entries(headers)) {
				response.setHeader(name, value);
			}
		}
		const method = request.method ?? "GET";
		const [path = "/", query = ""] = splitUrl(request.url ?? "/");
		if (cors && method === "OPTIONS" && request.headers.origin) {
			request.resume();
			response.writeHead(204, preflight(cors, request.headers)).end();
			return;
		}
		if (sizeOf(request) > maxHeaders) {
			return refuse(request, response, 431, "Request Header Fields Too Large");
		}
		const match = selectRoute(this.#routes, method, path);
		if (!match) return refuse(request, response, 404, "Not Found");
		const bucket = this.#buckets.get(match.route.key) ?? this.#buckets.get(null);
		if (bucket && !bucket.take()) {
			return refuse(request, response, 429, "Too Many Requests");
		}
		let jwt: Jwt | null = null;
		const { authorizerId, scopes } = match.route;
		if (authorizerId !== null) {
			const authorizer = this.#authorizers.get(authorizerId) as Authorizer;
			const verdict = await authorizer(request.headers.authorization, scopes);
			if (verdict.allowed) jwt = verdict.jwt;
			else {
				if (verdict.status === 401) {
					response.setHeader("www-authenticate", "Bearer");
				}
				return refuse(request, response, verdict.status, verdict.status === 401 ? "Unauthorized" : "Forbidden");
			}
		}
		const body = await readBody(request);
		if (body === null) {
			return refuse(request, response, 413, "Request Entity Too Large");
		}
		const event = requestEvent(request, {
			account: this.#options.account,
			apiId: this.#api?.apiId ?? "",
			requestId,
			path,
			query,
			body,
			routeKey: match.route.key,
			pathParameters: match.parameters,
			jwt,
		});
		await this.#invoke(match.route, event, request, response);
	}

	async #invoke(route: Route, event: object, request: IncomingMessage, response: ServerResponse): Promise<void> {
		const integration = this.#integrations.get(route.integrationId) as Integration;
		if (!integration.allows(this.#sourceArn(route))) {
			this.#options.log(`${route.key}: the function's policy does not allow the API to invoke it`);
			return respond(response, 500, "Internal Server Error");
		}
		let timer: NodeJS.Timeout | undefined;
		const abandoned = new AbortController();
		const timeout = new Promise<"timeout">((resolve) => {
			timer = setTimeout(() => {
				resolve("timeout");
				abandoned.abort();
			}, integration.timeoutMilliseconds);
		});
		try {
			const payload = Buffer.from(JSON.stringify(event));
			const result = await Promise.race([integration.invoke(payload, abandoned.signal), timeout]);
			if (result === "timeout") {
				return respond(response, 503, "Service Unavailable");
			}
			const answer = result.failed ? null : functionResponse(result.payload);
			if (!answer) return respond(response, 500, "Internal Server Error");
			for (const [name, value] of Object.entries(answer.headers)) {
				// The API's CORS configuration replaces the function's own headers.
				const isCors = name.toLowerCase().startsWith("access-control-");
				if (!(isCors && this.#api?.cors)) response.setHeader(name, value);
			}
			if (answer.cookies.length > 0) {
				response.setHeader("set-cookie", answer.cookies);
			}
			response.setHeader("content-length", answer.body.length);
			response.writeHead(answer.status);
			response.end(request.method === "HEAD" ? undefined : answer.body);
		} catch (error) {
			if (!(error instanceof PayloadTooLarge)) throw error;
			respond(response, 413, "Request Entity Too Large");
		} finally {
			clearTimeout(timer);
		}
	}

	/** Returns the ARN that Lambda sees as the source: stage `$default`, then the route's method and path. */
	#sourceArn({ key }: Route): string {
		const { region, account } = this.#options;
		const route = key.replace(" ", "");
		return `arn:aws:execute-api:${region}:${account}:${this.#api?.apiId}/$default/${route}`;
	}
}

export function splitUrl(url: string): [string, string] {
	const mark = url.indexOf("?");
	return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
}

/** Returns the bytes that count towards the limit of headers. */
function sizeOf({ method = "", url = "", httpVersion, rawHeaders }: IncomingMessage): number {
	const values = rawHeaders.filter((_, index) => index % 2 === 1);
	return [`${method} ${url} HTTP/${httpVersion}`, ...values].reduce((size, text) => size + text.length, 0);
}

/** Responds to what is no HTTP request, or has more headers than Node reads at all. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
	if (!socket.writable) return;
	const isTooLarge = error.code === "HPE_HEADER_OVERFLOW";
	const [status, message] = isTooLarge ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"];
	const body = JSON.stringify({ message });
	socket.end(
		`HTTP/1.1 ${status} ${message}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
	);
}

/** Returns null for a body over the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer | null> {
	if (Number(request.headers["content-length"] ?? 0) > maxBody) return null;
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request.iterator({ destroyOnReturn: false })) {
		size += chunk.length;
		if (size > maxBody) return null;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/** Responds before the body is complete, which the client may still be sending. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, message: string): void {
	respond(response, status, message);
	if (request.complete) return;
	// Reading on lets the client finish and see the response, for 10 s at most.
	const deadline = setTimeout(() => request.destroy(), 10_000);
	request.once("close", () => clearTimeout(deadline));
	request.resume();
}

export function respond(response: ServerResponse, status: number, message: string): void {
	response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ message }));
}
