import { gunzipSync } from "node:zlib";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { httpHandler } from "#lambda-kit/http-handler.ts";

function eventOf(overrides: Partial<APIGatewayProxyEventV2> & { method?: string } = {}): APIGatewayProxyEventV2 {
	const { method = "GET", ...event } = overrides;
	const rawPath = event.rawPath ?? "/";
	return {
		version: "2.0",
		routeKey: "$default",
		rawPath,
		rawQueryString: "",
		headers: { host: "api.example" },
		isBase64Encoded: false,
		requestContext: {
			accountId: "1",
			apiId: "api",
			domainName: "api.example",
			domainPrefix: "api",
			http: {
				method,
				path: rawPath,
				protocol: "HTTP/1.1",
				sourceIp: "127.0.0.1",
				userAgent: "test",
			},
			requestId: "request-1",
			routeKey: "$default",
			stage: "$default",
			time: "",
			timeEpoch: 0,
		},
		...event,
	};
}

/** Answers with the request. */
const echo = httpHandler(async (request, { requestId }) =>
	Response.json({
		requestId,
		method: request.method,
		url: request.url,
		headers: Object.fromEntries(request.headers),
		body: Buffer.from(await request.arrayBuffer()).toString("hex"),
	}),
);
const ask = async (event: APIGatewayProxyEventV2) => JSON.parse((await echo(event)).body ?? "");

describe("a gateway event", () => {
	it("becomes a request with its method, URL and id", async () => {
		expect(
			await ask(
				eventOf({
					method: "DELETE",
					rawPath: "/items/1",
					rawQueryString: "a=1&a=2&b=%20",
				}),
			),
		).toMatchObject({
			requestId: "request-1",
			method: "DELETE",
			url: "https://api.example/items/1?a=1&a=2&b=%20",
		});
	});

	it("keeps a decoded question mark in the path", async () => {
		const { url } = await ask(eventOf({ rawPath: "/a?b#c d" }));
		expect(url).toBe("https://api.example/a%3Fb%23c%20d");
	});

	it("keeps a binary body byte for byte", async () => {
		const bytes = Buffer.from([0, 1, 0x80, 0xff, 0x0d, 0x0a]);
		const { body } = await ask(
			eventOf({
				method: "POST",
				body: bytes.toString("base64"),
				isBase64Encoded: true,
			}),
		);
		expect(body).toBe(bytes.toString("hex"));
	});

	it("has its text body as UTF-8", async () => {
		const { body } = await ask(eventOf({ method: "POST", body: "ü" }));
		expect(body).toBe("c3bc");
	});

	it("that is a GET with a body is served without the body", async () => {
		expect(await ask(eventOf({ body: "x" }))).toMatchObject({ body: "" });
	});

	it("keeps headers and cookies", async () => {
		const { headers } = await ask(eventOf({ headers: { "X-A": "1, 2" }, cookies: ["a=1", "b=2"] }));
		expect(headers).toMatchObject({ "x-a": "1, 2", cookie: "a=1; b=2" });
	});

	it("with invalid headers is answered 400", async () => {
		const result = await echo(eventOf({ headers: { "x a": "\n" } }));
		expect(result.statusCode).toBe(400);
		expect(JSON.parse(result.body ?? "")).toMatchObject({
			code: "invalid_request",
			instance: "urn:request:request-1",
		});
	});
});

describe("a response", () => {
	it("of JSON, a problem, HTML or a script is sent as text", async () => {
		for (const type of [
			"application/json",
			"application/problem+json",
			"text/html; charset=utf-8",
			"text/javascript; charset=utf-8",
		]) {
			const handler = httpHandler(() => new Response("ü", { headers: { "content-type": type } }));
			expect(await handler(eventOf())).toMatchObject({
				statusCode: 200,
				body: "ü",
				isBase64Encoded: false,
				headers: { "content-type": type },
			});
		}
	});

	it("of bytes is sent as base64", async () => {
		const handler = httpHandler(
			() =>
				new Response(Buffer.from([0xff, 0]), {
					headers: { "content-type": "image/png" },
				}),
		);
		expect(await handler(eventOf())).toMatchObject({
			body: "/wA=",
			isBase64Encoded: true,
		});
	});

	it("has the headers by which a browser does nothing with it, unless it has its own", async () => {
		const strict = {
			"x-content-type-options": "nosniff",
			"content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
			"referrer-policy": "no-referrer",
			"strict-transport-security": expect.stringMatching(/^max-age=\d{8}; includeSubDomains$/),
			"cross-origin-resource-policy": "same-origin",
			"x-frame-options": "DENY",
		};
		expect((await httpHandler(() => new Response(""))(eventOf())).headers).toMatchObject(strict);
		expect((await echo(eventOf({ headers: { "x a": "\n" } }))).headers).toMatchObject(strict);
		const page = httpHandler(() => new Response("", { headers: { "content-security-policy": "script-src 'self'" } }));
		expect((await page(eventOf())).headers).toMatchObject({
			...strict,
			"content-security-policy": "script-src 'self'",
		});
	});

	it("keeps its cookies separate", async () => {
		const handler = httpHandler(() => {
			const response = new Response("", { status: 201 });
			response.headers.append("set-cookie", "a=1");
			response.headers.append("set-cookie", "b=2");
			return response;
		});
		const result = await handler(eventOf());
		expect(result).toMatchObject({ statusCode: 201, cookies: ["a=1", "b=2"] });
		expect(result.headers).not.toHaveProperty("set-cookie");
	});

	it("of a handler that throws is a 500 without its message", async () => {
		const handler = httpHandler(() => {
			throw new Error("password is hunter2");
		});
		const result = await handler(eventOf());
		expect(result.statusCode).toBe(500);
		expect(result.body).not.toContain("hunter2");
	});
});

describe("an answer above 1 KB", () => {
	const long = { text: "word ".repeat(500) };
	const answering = (body: object) => httpHandler(async () => Response.json(body));
	const accepting = (coding?: string) =>
		eventOf({ headers: { host: "api.example", ...(coding !== undefined && { "accept-encoding": coding }) } });

	it.each(["gzip", "br, GZIP;q=0.5", "*", "*;q=0, gzip"])(
		"is compressed for a client that accepts %s",
		async (coding) => {
			const { headers, body, isBase64Encoded } = await answering(long)(accepting(coding));
			expect(headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
			expect(isBase64Encoded).toBe(true);
			const bytes = Buffer.from(body ?? "", "base64");
			expect(bytes.length).toBeLessThan(500);
			expect(JSON.parse(gunzipSync(bytes).toString())).toEqual(long);
		},
	);

	it.each([undefined, "", "identity", "gzip;q=0", "gzip;q=0, *", "br"])(
		"is plain for a client that accepts %j",
		async (coding) => {
			const { headers, body, isBase64Encoded } = await answering(long)(accepting(coding));
			expect(headers).not.toHaveProperty("content-encoding");
			expect(headers).toMatchObject({ vary: "Accept-Encoding" });
			expect([isBase64Encoded, JSON.parse(body ?? "")]).toEqual([false, long]);
		},
	);

	it("is plain where it is shorter", async () => {
		const { headers, isBase64Encoded } = await answering({ text: "short" })(accepting("gzip"));
		expect([headers?.["content-encoding"], isBase64Encoded]).toEqual([undefined, false]);
	});
});
