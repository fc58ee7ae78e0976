import { runInNewContext } from "node:vm";

/** A request as a CloudFront function sees and returns it. */
export interface EdgeRequest {
	method: string;
	uri: string;
	querystring: Record<string, { value: string }>;
	headers: Record<string, { value: string }>;
	cookies: Record<string, { value: string }>;
}

/** An answer that a CloudFront function gives itself. */
export interface EdgeResponse {
	statusCode: number;
	headers?: Record<string, { value: string }>;
	body?: { data: string };
}

/** CloudFront ends a function after about a millisecond of CPU. Here time passes for a process that waits for a CPU, too. */
const maxMilliseconds = 5_000;

/** Runs a viewer-request function, which has no modules, no network and no clock of its own. @throws what the code throws */
export function runEdgeFunction(code: string, request: EdgeRequest): EdgeRequest | EdgeResponse {
	const event = { version: "1.0", context: { eventType: "viewer-request" }, viewer: { ip: "127.0.0.1" }, request };
	const result = runInNewContext(
		`${code}\nJSON.stringify(handler(event));`,
		{ event: structuredClone(event) },
		{ timeout: maxMilliseconds },
	);
	return JSON.parse(result);
}
