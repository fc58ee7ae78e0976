import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { jwtAuthorizer } from "../services/apigatewayv2/authorizer.ts";
import { corsGrant } from "./cors.ts";
import { audience, gatewayBundle, gatewayTemplate } from "./gateway-app.ts";
import { allowInvoke, eventually, startTestApp, type TestApp, testFunction } from "./test-app.ts";

let issuer: string;
let app: TestApp;
let token: (
	claims?: Record<string, unknown>,
	options?: { issuer?: string; expires?: string; foreign?: boolean },
) => Promise<string>;
const cleanups: (() => void)[] = [];

beforeAll(async () => {
	const [own, foreign] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
	const key = { ...(await exportJWK(own.publicKey)), kid: "k", alg: "RS256" };
	const server = createServer((request, response) =>
		response.writeHead(request.url?.endsWith("/jwks.json") ? 200 : 404).end(JSON.stringify({ keys: [key] })),
	);
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	cleanups.push(() => server.close());
	issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/pool`;
	token = (claims = { aud: audience }, options = {}) =>
		new SignJWT({ sub: "user-1", ...claims })
			.setProtectedHeader({ alg: "RS256", kid: "k" })
			.setIssuer(options.issuer ?? issuer)
			.setIssuedAt()
			.setExpirationTime(options.expires ?? "1h")
			.sign((options.foreign ? foreign : own).privateKey);

	app = await startTestApp(gatewayTemplate(issuer), gatewayBundle);
});
afterAll(async () => {
	await app?.destroy();
	for (const end of cleanups) end();
});

const get = (path: string, init?: RequestInit) => fetch(app.url + path, init);
/** Returns the event that the function received. */
// biome-ignore lint/suspicious/noExplicitAny: the tests check the shape of the event.
const eventOf = async (path: string, init?: RequestInit): Promise<any> => (await get(path, init)).json();
const bearer = (value: string) => ({ headers: { authorization: `Bearer ${value}` } });

describe("payload format 2.0", () => {
	test("carries path, query, headers and cookies as API Gateway does", async () => {
		const response = await get("/open?a=1&a=2&b=%20x", { headers: { "X-Mixed": "One", cookie: "c=1; d=2" } });
		expect(response.headers.get("apigw-requestid")).toBeTruthy();
		// biome-ignore lint/suspicious/noExplicitAny: as above.
		const event = (await response.json()) as any;
		expect(event).toMatchObject({
			version: "2.0",
			routeKey: "GET /open",
			rawPath: "/open",
			rawQueryString: "a=1&a=2&b=%20x",
			queryStringParameters: { a: "1,2", b: " x" },
			cookies: ["c=1", "d=2"],
			headers: { "x-mixed": "One", "x-forwarded-proto": "http" },
			isBase64Encoded: false,
			requestContext: {
				apiId: "Api",
				accountId: "000000000000",
				stage: "$default",
				http: { method: "GET", path: "/open", protocol: "HTTP/1.1" },
				requestId: response.headers.get("apigw-requestid"),
			},
		});
		expect(event.headers).not.toHaveProperty("cookie");
		expect(event.requestContext.time).toMatch(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
		expect(event).not.toHaveProperty("body");
	});

	test.each([
		["application/json", false],
		["text/plain;charset=UTF-8", false],
		["multipart/form-data; boundary=x", true],
		["application/octet-stream", true],
	])("a body of type %s is base64: %s", async (type, base64) => {
		const event = await eventOf("/send", { method: "POST", headers: { "content-type": type }, body: "grüße" });
		expect(event.isBase64Encoded).toBe(base64);
		const encoding = base64 ? "base64" : "utf8";
		expect(Buffer.from(event.body, encoding).toString()).toBe("grüße");
	});

	test("a response's status, headers, cookies and binary body arrive", async () => {
		const response = await get("/open?do=binary");
		expect(response.status).toBe(201);
		expect(response.headers.get("content-type")).toBe("image/png");
		expect(response.headers.get("x-number")).toBe("7");
		expect(response.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
		expect([...(await response.bytes())]).toEqual([0, 255, 1]);
	});

	test("a response without a status code becomes a JSON body", async () => {
		const response = await get("/open?do=bare");
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ plain: true });
	});
});

describe("routes", () => {
	test.each([
		["GET", "/items/recent", "GET /items/recent", undefined],
		["DELETE", "/items/7", "ANY /items/{id}", { id: "7" }],
		["DELETE", "/items/a%20b", "ANY /items/{id}", { id: "a b" }],
		["GET", "/files/a/b/c.png", "GET /files/{path+}", { path: "a/b/c.png" }],
	])("%s %s is routed to %s", async (method, path, key, parameters) => {
		const event = await eventOf(path, { method });
		expect(event.routeKey).toBe(key);
		expect(event.pathParameters).toEqual(parameters);
	});

	test.each([
		["GET", "/nowhere"],
		["POST", "/open"],
		["GET", "/open/"],
		["GET", "/files/"],
		["GET", "/open/x"],
	])("%s %s is not found", async (method, path) => {
		const response = await get(path, { method });
		expect(response.status).toBe(404);
		expect(await response.json()).toEqual({ message: "Not Found" });
	});
});

describe("the JWT authorizer", () => {
	test("accepts a valid token and passes its claims on as text", async () => {
		const event = await eventOf("/items", bearer(await token({ aud: audience, groups: ["a", "b"], level: 3 })));
		expect(event.requestContext.authorizer.jwt).toMatchObject({
			claims: { sub: "user-1", aud: audience, groups: "[a b]", level: "3" },
			scopes: null,
		});
	});

	test("checks client_id if a token has no audience", async () => {
		const access = await token({ client_id: audience });
		expect((await get("/items", bearer(access))).status).toBe(200);
	});

	test("refuses a token that it accepted, once the token has expired", async () => {
		const authorize = jwtAuthorizer({ issuer, audience: [audience] });
		const authorization = `Bearer ${await token(undefined, { expires: "60s" })}`;
		for (let request = 0; request < 2; request += 1) {
			expect(await authorize(authorization, [])).toMatchObject({ allowed: true, jwt: { claims: { sub: "user-1" } } });
		}
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
		try {
			expect(await authorize(authorization, [])).toEqual({ allowed: false, status: 401 });
		} finally {
			vi.useRealTimers();
		}
	});

	test("refuses every token that is not valid for this issuer and client", async () => {
		const valid = await token();
		const [, claims, signature] = valid.split(".");
		const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
		const invalidTokens = {
			nothing: "",
			nonsense: "abc",
			expired: await token(undefined, { expires: "-1s" }),
			"another issuer": await token(undefined, { issuer: "http://other" }),
			"another client": await token({ aud: "client-2" }),
			"another client's access token": await token({ client_id: "client-2" }),
			"no client": await token({}),
			"another key": await token(undefined, { foreign: true }),
			"alg none": `${part({ alg: "none" })}.${claims}.`,
			"alg HS256": `${part({ alg: "HS256", kid: "k" })}.${claims}.${signature}`,
			"changed claims": `${valid.split(".")[0]}.${part({ sub: "x", aud: audience, iss: issuer, exp: 9e9 })}.${signature}`,
		};
		for (const [name, value] of Object.entries(invalidTokens)) {
			const response = await get("/items", bearer(value));
			expect(response.status, name).toBe(401);
			expect(await response.json()).toEqual({ message: "Unauthorized" });
		}
		expect((await get("/items")).status).toBe(401);
	});

	test("forbids a token without the route's scope", async () => {
		const scoped = (scope: string) => token({ client_id: audience, scope });
		const unscoped = await get("/scoped", bearer(await scoped("read")));
		expect(unscoped.status).toBe(403);
		const authorized = await get("/scoped", bearer(await scoped("read admin")));
		expect(authorized.status).toBe(200);
	});
});

describe("CORS", () => {
	const preflight = (origin: string) =>
		get("/items", { method: "OPTIONS", headers: { origin, "access-control-request-method": "GET" } });

	test("a preflight is answered by the gateway, before any authorizer", async () => {
		const response = await preflight("https://app.example");
		expect(response.status).toBe(204);
		expect(corsGrant(response)).toEqual(["https://app.example", "GET,POST", "authorization", "600"]);
	});

	test("another origin gets no CORS headers", async () => {
		const response = await preflight("https://evil.example");
		expect(response.headers.get("access-control-allow-origin")).toBeNull();
	});

	test("responses and errors carry the configured origin, not the function's", async () => {
		const headers = { origin: "https://app.example" };
		for (const path of ["/open?do=binary", "/items", "/nowhere"]) {
			const response = await get(path, { headers });
			expect(response.headers.get("access-control-allow-origin"), path).toBe("https://app.example");
		}
		const sameOrigin = await get("/open?do=binary");
		expect(sameOrigin.headers.get("access-control-allow-origin")).toBeNull();
	});
});

describe("limits and failures", () => {
	test.each(["throw", "large", "nonsense"])("a function's failure (%s) is a 500 without details", async (failure) => {
		const response = await get(`/open?do=${failure}`);
		expect(response.status).toBe(500);
		expect(await response.json()).toEqual({ message: "Internal Server Error" });
	});

	test("a function slower than the integration's timeout is a 503", async () => {
		const response = await get("/slow?do=sleep");
		expect(response.status).toBe(503);
		expect(await response.json()).toEqual({ message: "Service Unavailable" });
	});

	test("a request that is answered 503 while it waits for a sandbox is never run", async () => {
		const logs = join(app.folder, "state/logs");
		const hasNoted = () => readdirSync(logs).some((file) => readFileSync(join(logs, file), "utf8").includes("noted"));
		// Ten sandboxes are busy for five seconds, and the gateway waits 0.3 s.
		const busy = Array.from({ length: 10 }, () => get("/slow?do=sleep"));
		const waiting = Array.from({ length: 5 }, () => get("/slow?do=note"));
		for (const { status } of await Promise.all([...busy, ...waiting])) expect(status).toBe(503);
		// What waits longer has its turn first.
		expect((await get("/open")).status).toBe(200);
		await sleep(200);
		expect(hasNoted()).toBe(false);
		expect((await get("/open?do=note")).status).toBe(200);
		await eventually(hasNoted);
	});

	test.each([
		["beyond Lambda's 6 MB once it is base64", 5_000_000, 413],
		["beyond the gateway's 10 MB", 11_000_000, 413],
		["within both", 4_000_000, 200],
	])("a body %s (%i bytes) is answered %i", async (_name, size, status) => {
		const response = await get("/send?do=bare", {
			method: "POST",
			headers: { "content-type": "application/octet-stream" },
			body: new Uint8Array(size),
		});
		expect(response.status).toBe(status);
		if (status === 413) {
			expect(await response.json()).toEqual({ message: "Request Entity Too Large" });
		}
	});

	test("a body of unknown length beyond 10 MB is refused too", async () => {
		let remaining = 12;
		const body = new ReadableStream({
			pull(controller) {
				if (remaining-- > 0) controller.enqueue(new Uint8Array(1_000_000));
				else controller.close();
			},
		});
		const response = await get("/send", { method: "POST", body, duplex: "half" } as RequestInit);
		expect(response.status).toBe(413);
	});

	test.each([10_240, 70_000])("headers of %i bytes, with the request line too many, are refused", async (size) => {
		const response = await get("/open", { headers: { "x-long": "x".repeat(size) } });
		expect(response.status).toBe(431);
		expect(await response.json()).toEqual({ message: "Request Header Fields Too Large" });
	});

	test("the names of headers do not count", async () => {
		const names = Array.from({ length: 100 }, (_, index) => [`x-${"long".repeat(30)}-${index}`, "1"]);
		expect((await get("/open?do=bare", { headers: Object.fromEntries(names) })).status).toBe(200);
	});

	test("what is no HTTP request is refused as JSON, too", async () => {
		const socket = connect(Number(new URL(app.url).port), "127.0.0.1");
		socket.end("this is no HTTP\r\n\r\n");
		const answer = (await socket.toArray()).join("");
		expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
		expect(answer).toMatch(/\r\n\r\n\{"message":"Bad Request"\}$/);
	});
});

test("a throttled stage answers 429 beyond its burst, and a route with settings of its own beyond those", async () => {
	const throttled = await startTestApp({
		Resources: {
			Echo: testFunction(),
			OpenEcho: allowInvoke("Echo", "apigateway.amazonaws.com"),
			Api: { Type: "AWS::ApiGatewayV2::Api", Properties: { Name: "t", ProtocolType: "HTTP" } },
			Stage: {
				Type: "AWS::ApiGatewayV2::Stage",
				Properties: {
					ApiId: { Ref: "Api" },
					StageName: "$default",
					AutoDeploy: true,
					DefaultRouteSettings: { ThrottlingBurstLimit: 2, ThrottlingRateLimit: 0.01 },
					RouteSettings: { "GET /single": { ThrottlingBurstLimit: 1 } },
				},
			},
			EchoIntegration: {
				Type: "AWS::ApiGatewayV2::Integration",
				Properties: {
					ApiId: { Ref: "Api" },
					IntegrationType: "AWS_PROXY",
					IntegrationUri: { "Fn::GetAtt": ["Echo", "Arn"] },
					PayloadFormatVersion: "2.0",
				},
			},
			...Object.fromEntries(
				["$default", "GET /single"].map((RouteKey, at) => [
					`Route${at}`,
					{
						Type: "AWS::ApiGatewayV2::Route",
						Properties: {
							ApiId: { Ref: "Api" },
							RouteKey,
							Target: { "Fn::Join": ["/", ["integrations", { Ref: "EchoIntegration" }]] },
						},
					},
				]),
			),
		},
	});
	try {
		const statuses: number[] = [];
		for (const path of ["/any", "/single", "/single", "/any", "/any"]) {
			statuses.push((await fetch(throttled.url + path)).status);
		}
		expect(statuses).toEqual([200, 200, 429, 200, 429]);
	} finally {
		await throttled.destroy();
	}
});
