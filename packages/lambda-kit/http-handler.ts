import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { answerRequest, type Fetch } from "./answer-request.ts";
import { securityHeaders } from "./security-headers.ts";

/**
 * Makes a Lambda handler for an HTTP API (payload format 2.0). Not hono's `aws-lambda` adapter: it is deprecated, takes
 * a decoded `?` in a path for the query, refuses a GET with a body, and answers its errors without a problem document.
 */
export function httpHandler(fetch: Fetch) {
	return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
		const { requestId } = event.requestContext;
		return toResult(
			await answerRequest(() => toRequest(event), { requestId }, fetch),
			acceptsGzip(event.headers["accept-encoding"]),
		);
	};
}

function toRequest(event: APIGatewayProxyEventV2): Request {
	const { method } = event.requestContext.http;
	const headers = new Headers();
	for (const [name, value] of Object.entries(event.headers)) {
		if (value !== undefined) headers.set(name, latin1(value));
	}
	if (event.cookies?.length) headers.set("cookie", event.cookies.join("; "));

	// The gateway may have decoded the path: what would end it in a URL is encoded again.
	const path = event.rawPath.replaceAll("?", "%3F").replaceAll("#", "%23");
	const query = event.rawQueryString ? `?${event.rawQueryString}` : "";
	const url = `https://${event.requestContext.domainName}${path}${query}`;

	const hasBody = event.body && method !== "GET" && method !== "HEAD";
	const body = hasBody ? Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8") : null;
	return new Request(url, { method, headers, body });
}

/** `Headers` takes bytes only; a header written in UTF-8 becomes its bytes, as on the wire. */
function latin1(value: string): string {
	return /^[\0-\xff]*$/.test(value) ? value : Buffer.from(value, "utf8").toString("latin1");
}

const textual = /^text\/|^application\/(?:[\w.-]+\+)?(?:json|javascript)/;

/** In a packet of their own, smaller answers travel as fast. */
const minCompressed = 1_024;

/** Reads what a client accepts: `gzip;q=0` is a refusal, and `*` is every coding that is not named. */
function acceptsGzip(accepted = ""): boolean {
	const codings = accepted
		.toLowerCase()
		.split(",")
		.map((coding) => coding.split(";").map((part) => part.trim()));
	const found = codings.find(([name]) => name === "gzip") ?? codings.find(([name]) => name === "*");
	return found !== undefined && !found.some((part) => /^q=0(\.0*)?$/.test(part));
}

async function toResult(response: Response, gzipAccepted: boolean): Promise<APIGatewayProxyStructuredResultV2> {
	const cookies = response.headers.getSetCookie();
	const headers = { ...securityHeaders, ...Object.fromEntries(response.headers) };
	delete headers["set-cookie"];
	const result = { statusCode: response.status, headers, ...(cookies.length > 0 ? { cookies } : {}) };
	const isText = textual.test(headers["content-type"] ?? "text/") && !headers["content-encoding"];
	const body = Buffer.from(await response.arrayBuffer());
	if (!isText) return { ...result, body: body.toString("base64"), isBase64Encoded: true };
	if (body.length <= minCompressed) return { ...result, body: body.toString(), isBase64Encoded: false };
	headers.vary = headers.vary ? `${headers.vary}, Accept-Encoding` : "Accept-Encoding";
	if (!gzipAccepted) return { ...result, body: body.toString(), isBase64Encoded: false };
	headers["content-encoding"] = "gzip";
	const compressed = await promisify(gzip)(body, { level: 4 });
	return { ...result, body: compressed.toString("base64"), isBase64Encoded: true };
}
