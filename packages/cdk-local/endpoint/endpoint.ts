import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Access } from "../services/iam/access.ts";
import type { Credentials } from "../services/iam/credentials.ts";
import type { State } from "../state.ts";
import { closeServer } from "./close-server.ts";
import { decodeChunked } from "./payload.ts";
import { presignedHeaders, signedService, verifyPolicy, verifySignature } from "./signature.ts";
import { type AwsApi, AwsError, type AwsRequest, type AwsResponse } from "./types.ts";

interface EndpointOptions {
	state: State;
	credentials: Credentials;
	access: Access;
	apis: AwsApi[];
	/** 0 takes a free one. */
	port: number;
	/** Handles paths below `/_local/`, which need no signature: the endpoint listens on loopback only. */
	control?: (request: AwsRequest) => Promise<AwsResponse>;
}

interface Endpoint {
	port: number;
	close(): Promise<void>;
}

/** Bytes of a body, which is held in memory once. */
const maxBody = 60 * 1024 * 1024;
const controlPrefix = "/_local/";

/** Serves every AWS API on one port of 127.0.0.1 and verifies each signature. */
export async function serveAws(options: EndpointOptions): Promise<Endpoint> {
	const stop = new AbortController();
	const server = createServer(async (incoming, outgoing) => {
		const requestId = randomUUID();
		const disconnected = new AbortController();
		outgoing.once("close", () => disconnected.abort());
		const signal = AbortSignal.any([stop.signal, disconnected.signal]);
		try {
			const response = await respond(options, incoming, requestId, signal);
			await write(outgoing, response, requestId, incoming.method === "HEAD");
		} catch (error) {
			// The client disconnected, or reading an object failed after its headers were sent.
			outgoing.destroy(error as Error);
		}
	});
	// The default of 5 s closes pooled connections of SDK clients just as they reuse them.
	server.keepAliveTimeout = 75_000;
	server.listen(options.port, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	options.state.endpoint = `http://127.0.0.1:${port}`;
	return {
		port,
		async close() {
			stop.abort();
			await closeServer(server);
		},
	};
}

async function respond(
	{ state, credentials, access, apis, control }: EndpointOptions,
	incoming: IncomingMessage,
	requestId: string,
	signal: AbortSignal,
): Promise<AwsResponse> {
	const [path = "/", query = ""] = (incoming.url ?? "/").split(/\?(.*)/s, 2);
	const headers = plainHeaders(incoming);
	const request: AwsRequest = {
		method: incoming.method ?? "GET",
		url: new URL(`http://127.0.0.1/${query ? `?${query}` : ""}`),
		path,
		headers,
		body: Buffer.alloc(0),
		principal: null,
		rights: access.rights(null),
		requestId,
		signal,
	};
	let api: AwsApi | undefined;
	try {
		request.url.pathname = path;
		api = formService(request, apis);
		if (api?.handleForm) {
			const handle = api.handleForm;
			const { denial } = api;
			const response = await readToEnd(incoming, (body) =>
				handle(request, body, async (policy) => {
					const signer = await verifyPolicy(policy, {
						credentials,
						region: state.region,
					});
					request.principal = signer;
					request.rights = access.rights(signer, denial);
				}),
			);
			return api.finish?.(request, response) ?? response;
		}
		request.body = await readBody(incoming);
		if (control && path.startsWith(controlPrefix)) return await control(request);
		const signed = { ...request, query };
		const service = signedService(signed) ?? unsignedService(request);
		api = apis.find((candidate) => candidate.service === service);
		if (!api) {
			throw new AwsError(
				"UnknownService",
				`cdk-local has no service "${service}": it has ${apis.map((candidate) => candidate.service).join(", ")}.`,
				501,
			);
		}
		request.principal = await verifySignature(signed, {
			credentials,
			now: state.now(),
			region: state.region,
		});
		request.rights = access.rights(request.principal, api.denial);
		request.headers = { ...presignedHeaders(query), ...headers };
		request.body = decodeChunked(request);
		const response = await api.handle(request);
		return api.finish?.(request, response) ?? response;
	} catch (error) {
		const response = errorResponse(error, request, api);
		return api?.finish?.(request, response) ?? response;
	}
}

/** Returns the API that takes forms: no header names a form's service, and only S3 takes them. */
function formService({ method, path, headers }: AwsRequest, apis: AwsApi[]): AwsApi | undefined {
	const isForm = method === "POST" && /^multipart\/form-data\b/i.test(headers["content-type"] ?? "");
	return isForm && !path.startsWith(controlPrefix) ? apis.find(({ service }) => service === "s3") : undefined;
}

/** Reads and drops what `work` leaves unread, so that the client receives the response. */
async function readToEnd<T>(incoming: IncomingMessage, work: (body: AsyncIterable<Buffer>) => Promise<T>): Promise<T> {
	const chunks = incoming[Symbol.asyncIterator]();
	// Has no `return`, which would close the connection where the work stops early.
	const body = { next: () => chunks.next() };
	try {
		return await work({ [Symbol.asyncIterator]: () => body });
	} finally {
		while (!(await chunks.next()).done);
	}
}

function errorResponse(error: unknown, request: AwsRequest, api?: AwsApi): AwsResponse {
	if (!(error instanceof AwsError) && !request.signal.aborted) {
		// A defect of cdk-local itself: its user must see the place.
		console.error(request.method, request.path, request.requestId, error);
	}
	const awsError =
		error instanceof AwsError
			? error
			: new AwsError("InternalFailure", `cdk-local failed at ${request.method} ${request.path}: ${error}`, 500);
	return (
		api?.errorResponse?.(awsError, request) ?? {
			status: awsError.status,
			headers: {
				"content-type": "application/x-amz-json-1.1",
				"x-amzn-errortype": awsError.code,
				...awsError.headers,
			},
			body: JSON.stringify({ __type: awsError.code, message: awsError.message }),
		}
	);
}

/** Names the service of an unsigned request: Cognito's public calls and its key set, else S3. */
function unsignedService({ headers, method, path }: AwsRequest): string {
	const target = headers["x-amz-target"];
	if (target?.startsWith("AWSCognitoIdentityProviderService.")) {
		return "cognito-idp";
	}
	if (target) {
		throw new AwsError("MissingAuthenticationTokenException", "Request is missing Authentication Token");
	}
	const isPreflight = method === "OPTIONS" && path === "/";
	return isPreflight || path.includes("/.well-known/") ? "cognito-idp" : "s3";
}

function plainHeaders(incoming: IncomingMessage): Record<string, string> {
	return Object.fromEntries(
		Object.entries(incoming.headersDistinct).map(([name, values]) => [name, (values ?? []).join(",")]),
	);
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of incoming) {
		size += chunk.length;
		// The rest is read and dropped, so that the client receives the response.
		if (size <= maxBody) chunks.push(chunk);
	}
	if (size > maxBody) {
		throw new AwsError("EntityTooLarge", `The body has ${size} bytes; cdk-local takes at most ${maxBody}.`, 413);
	}
	return Buffer.concat(chunks);
}

async function write(
	outgoing: ServerResponse,
	{ status, headers = {}, body }: AwsResponse,
	requestId: string,
	headOnly: boolean,
): Promise<void> {
	outgoing.writeHead(status, {
		"x-amzn-requestid": requestId,
		"x-amz-request-id": requestId,
		...(typeof body === "string" || body instanceof Uint8Array ? { "content-length": Buffer.byteLength(body) } : {}),
		...headers,
	});
	if (headOnly || body === undefined) {
		if (body instanceof Readable) body.destroy();
		outgoing.end();
	} else if (body instanceof Readable) {
		await pipeline(body, outgoing);
	} else {
		outgoing.end(body);
	}
}
