import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { answerRequest, type Fetch } from "./answer-request.ts";
import { log } from "./log.ts";
import { securityHeaders } from "./security-headers.ts";

/** The global of the runtime for functions that stream. */
declare const awslambda: {
	streamifyResponse<Event>(
		handler: (event: Event, stream: Writable) => Promise<void>,
	): (event: Event, stream: Writable) => Promise<void>;
	HttpResponseStream: {
		from(stream: Writable, head: { statusCode: number; headers: Record<string, string> }): Writable;
	};
};

/**
 * Makes a Lambda handler for a REST API (payload format 1.0) that sends each part of a response as it comes. Not hono's
 * `streamHandle`: it is deprecated, and answers its errors without a status or a problem document.
 */
export function streamHandler(fetch: Fetch) {
	return awslambda.streamifyResponse(async (event: APIGatewayProxyEvent, stream) => {
		const { requestId } = event.requestContext;
		const response = await answerRequest(() => toRequest(event), { requestId }, fetch);
		const headers = { ...securityHeaders, ...Object.fromEntries(response.headers) };
		const body = awslambda.HttpResponseStream.from(stream, { statusCode: response.status, headers });
		try {
			await pipeline(response.body ? Readable.fromWeb(response.body as never) : Readable.from([""]), body);
		} catch (error) {
			// The client has gone, or the gateway has closed the stream: the response was cancelled with it.
			log.info("a stream was cut", { error, request_id: requestId });
		}
	});
}

function toRequest({
	requestContext,
	httpMethod: method,
	path,
	body,
	isBase64Encoded,
	multiValueHeaders,
	multiValueQueryStringParameters,
}: APIGatewayProxyEvent): Request {
	const headers = new Headers();
	for (const [name, values] of Object.entries(multiValueHeaders ?? {})) {
		for (const value of values ?? []) headers.append(name, Buffer.from(value, "utf8").toString("latin1"));
	}
	const query = new URLSearchParams(
		Object.entries(multiValueQueryStringParameters ?? {}).flatMap(([name, values]) =>
			(values ?? []).map((value): [string, string] => [name, value]),
		),
	);
	const url = new URL(`https://${requestContext.domainName}`);
	url.pathname = path;
	url.search = query.toString();
	const content = body && method === "POST" ? Buffer.from(body, isBase64Encoded ? "base64" : "utf8") : null;
	return new Request(url, { method, headers, body: content });
}
