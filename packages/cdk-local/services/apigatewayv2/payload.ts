import type { IncomingMessage } from "node:http";
import type { Jwt } from "./authorizer.ts";

interface RequestParts {
	account: string;
	apiId: string;
	requestId: string;
	path: string;
	query: string;
	body: Buffer;
	routeKey: string;
	pathParameters: Record<string, string>;
	jwt: Jwt | null;
}

const textTypes = /^(text\/|application\/(json|javascript|xml)\b|[^;]*\+(json|xml)\b)/i;

/** Builds the event of payload format 2.0. */
export function requestEvent(request: IncomingMessage, parts: RequestParts): object {
	const headers: Record<string, string> = {};
	for (const [name, values] of Object.entries(request.headersDistinct)) {
		if (values && name !== "cookie") headers[name] = values.join(",");
	}
	const sourceIp = request.socket.remoteAddress ?? "127.0.0.1";
	const host = headers.host ?? "127.0.0.1";
	headers["x-forwarded-for"] ??= sourceIp;
	headers["x-forwarded-proto"] ??= "http";
	headers["x-forwarded-port"] ??= host.split(":")[1] ?? "80";
	headers["x-amzn-trace-id"] ??= `Root=1-${parts.requestId}`;
	const cookies = request.headers.cookie?.split(/;\s*/) ?? [];
	const queryParameters = parseQuery(parts.query);
	const now = new Date();
	const isText = textTypes.test(headers["content-type"] ?? "");
	return {
		version: "2.0",
		routeKey: parts.routeKey,
		rawPath: parts.path,
		rawQueryString: parts.query,
		...(cookies.length > 0 && { cookies }),
		headers,
		...(queryParameters && { queryStringParameters: queryParameters }),
		requestContext: {
			accountId: parts.account,
			apiId: parts.apiId,
			...(parts.jwt && { authorizer: { jwt: parts.jwt } }),
			domainName: host.split(":")[0],
			domainPrefix: parts.apiId,
			http: {
				method: request.method,
				path: parts.path,
				protocol: `HTTP/${request.httpVersion}`,
				sourceIp,
				userAgent: headers["user-agent"] ?? "",
			},
			requestId: parts.requestId,
			routeKey: parts.routeKey,
			stage: "$default",
			time: logTime(now),
			timeEpoch: now.getTime(),
		},
		...(Object.keys(parts.pathParameters).length > 0 && {
			pathParameters: parts.pathParameters,
		}),
		...(parts.body.length > 0 && {
			body: parts.body.toString(isText ? "utf8" : "base64"),
		}),
		isBase64Encoded: parts.body.length > 0 && !isText,
	};
}

function parseQuery(query: string): Record<string, string> | null {
	if (query === "") return null;
	const parameters: Record<string, string> = {};
	for (const [name, value] of new URLSearchParams(query)) {
		const existing = parameters[name];
		parameters[name] = existing === undefined ? value : `${existing},${value}`;
	}
	return parameters;
}

/** Formats a time as access logs do: `20/Nov/2026:10:41:00 +0000`. */
function logTime(date: Date): string {
	const [, day, month, year, time] = /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
	return `${day}/${month}/${year}:${time} +0000`;
}

interface FunctionResponse {
	status: number;
	headers: Record<string, string>;
	cookies: string[];
	body: Buffer;
}

/** Reads a function's answer as an HTTP response; returns null where it is malformed. */
export function functionResponse(payload: Buffer): FunctionResponse | null {
	let answer: unknown;
	try {
		answer = JSON.parse(payload.toString());
	} catch {
		return null;
	}
	if (typeof answer !== "object" || answer === null || !("statusCode" in answer)) {
		// Without a status code the answer is the body.
		const body = typeof answer === "string" ? answer : payload.toString();
		return {
			status: 200,
			headers: { "content-type": "application/json" },
			cookies: [],
			body: Buffer.from(body),
		};
	}
	const { statusCode, headers, cookies, body, isBase64Encoded } = answer as {
		statusCode: unknown;
		headers?: Record<string, string | number | boolean>;
		cookies?: string[];
		body?: string;
		isBase64Encoded?: boolean;
	};
	const status = Number(statusCode);
	if (!Number.isInteger(status) || status < 100 || status > 599) return null;
	if (body !== undefined && body !== null && typeof body !== "string") {
		return null;
	}
	const texts: Record<string, string> = {};
	for (const [name, value] of Object.entries(headers ?? {})) {
		texts[name.toLowerCase()] = String(value);
	}
	if (body) texts["content-type"] ??= "text/plain;charset=UTF-8";
	return {
		status,
		headers: texts,
		cookies: cookies ?? [],
		body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
	};
}
