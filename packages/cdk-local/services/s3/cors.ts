import { AwsError, type AwsRequest, type AwsResponse } from "../../endpoint/types.ts";
import type { S3Call } from "./call.ts";
import type { Buckets, CorsRule } from "./store.ts";

/** Answers a browser's preflight request. */
export function preflight({ request, bucket }: S3Call, buckets: Buckets): AwsResponse {
	const { headers } = request;
	const requestedHeaders = (headers["access-control-request-headers"] ?? "")
		.split(",")
		.map((name) => name.trim())
		.filter((name) => name);
	const rule = findRule(
		buckets.bucket(bucket).cors,
		headers.origin,
		headers["access-control-request-method"],
		requestedHeaders,
	);
	if (!rule) {
		throw new AwsError(
			"AccessForbidden",
			"CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
			403,
		);
	}
	return {
		status: 200,
		headers: {
			"access-control-allow-headers": requestedHeaders.join(", "),
			...(rule.maxAgeSeconds === undefined ? {} : { "access-control-max-age": String(rule.maxAgeSeconds) }),
		},
	};
}

/** Returns the headers that let a browser read the response; none if no CORS rule matches. */
export function corsHeaders(request: AwsRequest, buckets: Buckets): Record<string, string> {
	const { origin } = request.headers;
	const bucket = request.path.split("/")[1];
	if (!origin || !bucket) return {};
	const method = request.method === "OPTIONS" ? request.headers["access-control-request-method"] : request.method;
	let rules: CorsRule[];
	try {
		rules = buckets.bucket(bucket).cors;
	} catch {
		return {};
	}
	const rule = findRule(rules, origin, method, []);
	if (!rule) return {};
	const anyone = rule.allowedOrigins.includes("*");
	return {
		"access-control-allow-origin": anyone ? "*" : origin,
		"access-control-allow-methods": rule.allowedMethods.join(", "),
		...(rule.exposedHeaders?.length ? { "access-control-expose-headers": rule.exposedHeaders.join(", ") } : {}),
		...(anyone ? {} : { "access-control-allow-credentials": "true" }),
		vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
	};
}

function findRule(
	rules: CorsRule[],
	origin: string | undefined,
	method: string | undefined,
	headers: string[],
): CorsRule | undefined {
	if (!origin || !method) return undefined;
	return rules.find(
		(rule) =>
			rule.allowedMethods.includes(method) &&
			rule.allowedOrigins.some((pattern) => matches(pattern, origin)) &&
			headers.every((header) =>
				rule.allowedHeaders?.some((pattern) => matches(pattern.toLowerCase(), header.toLowerCase())),
			),
	);
}

/** A pattern has at most one star. */
function matches(pattern: string, text: string): boolean {
	const [start = "", end] = pattern.split("*");
	return end === undefined
		? pattern === text
		: text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
