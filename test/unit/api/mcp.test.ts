import { createHash } from "node:crypto";
import { auth, extractWWWAuthenticateParams, type OAuthClientProvider } from "@modelcontextprotocol/sdk/client/auth.js";
import type { OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import { describe, expect, it } from "vitest";
import { fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, generousLimits, png, testApi } from "./test-api.ts";

const accept = "application/json, text/event-stream";

/** Makes an API, and a function that sends a message of a person to `/mcp`. */
function testMcp(options: Parameters<typeof testApi>[0] = {}) {
	const api = testApi(options);
	let id = 0;
	const send = (userId: string, method: string, params: object = {}, headers: Record<string, string> = {}) =>
		api.as(userId)("POST", "/mcp", {
			raw: {
				headers: { authorization: `Bearer ${userId}`, accept, "content-type": "application/json", ...headers },
				body: JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params }),
			},
		});
	const call = async (userId: string, name: string, input: object) => {
		const { status, body } = await send(userId, "tools/call", { name, arguments: input });
		expect(status).toBe(200);
		const { isError = false, content } = body.result as { isError?: boolean; content: { text: string }[] };
		return { isError, texts: content.map(({ text }) => text) };
	};
	return { ...api, send, call };
}

describe("a message of an agent", () => {
	it("is answered without a session: initialize, tools, and a notification without a body", async () => {
		const { send, app } = testMcp();
		const clientInfo = { name: "test", version: "1" };
		const { body, headers } = await send(ada, "initialize", {
			protocolVersion: "2025-11-25",
			capabilities: {},
			clientInfo,
		});
		expect(body.result).toMatchObject({ protocolVersion: "2025-11-25", serverInfo: { name: "collections" } });
		expect(headers.get("mcp-session-id")).toBeNull();
		expect(headers.get("cache-control")).toBe("private, no-store");
		const { tools } = (await send(ada, "tools/list")).body.result as {
			tools: { name: string; annotations: object; inputSchema: { required: string[] } }[];
		};
		expect(tools.map(({ name }) => name)).toEqual(["search", "ask", "get_item", "similar", "list", "upload", "tag"]);
		for (const { annotations } of tools) {
			expect(annotations).toMatchObject({ readOnlyHint: expect.any(Boolean), openWorldHint: false });
		}
		// No file of the server's machine can be named.
		expect(tools.find(({ name }) => name === "upload")?.inputSchema.required).toEqual(["filename", "data"]);
		const notified = await app.request("/mcp", {
			method: "POST",
			headers: { authorization: `Bearer ${ada}`, accept, "content-type": "application/json" },
			body: JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }),
		});
		expect([notified.status, await notified.text()]).toEqual([202, ""]);
	});

	it("is refused in the protocol's own words where it is no message", async () => {
		const { as } = testMcp();
		const post = (body: string, headers: Record<string, string> = {}) =>
			as(ada)("POST", "/mcp", {
				raw: {
					headers: { authorization: `Bearer ${ada}`, accept, "content-type": "application/json", ...headers },
					body,
				},
			});
		expect(await post("{")).toMatchObject({ status: 400, body: { jsonrpc: "2.0", error: { code: -32_700 } } });
		expect(await post("{}")).toMatchObject({ status: 400, body: { jsonrpc: "2.0" } });
		expect((await post("{}", { accept: "application/json" })).status).toBe(406);
		expect((await post("{}", { "content-type": "text/plain" })).status).toBe(415);
		const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
		expect((await post(ping, { "mcp-protocol-version": "1999-01-01" })).status).toBe(400);
		expect((await post(ping)).body).toEqual({ jsonrpc: "2.0", id: 1, result: {} });
		const { body } = await post(
			JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "rm" } }),
		);
		expect(JSON.stringify(body)).toContain("rm");
	});

	it("may have 4 MiB, and no more", async () => {
		const { send } = testMcp();
		expect((await send(ada, "ping", { _meta: { padding: "x".repeat(4_000_000) } })).status).toBe(200);
		const { status, body } = await send(ada, "ping", { _meta: { padding: "x".repeat(4_200_000) } });
		expect([status, body.code]).toEqual([413, "request_too_large"]);
	});
});

describe("a tool", () => {
	it("finds, shows and changes the items of its token's person, and marks what it gives as untrusted", async () => {
		const { ports, as, call, send } = testMcp();
		const { itemId } = await readyItem(ports, ada);
		const found = await call(ada, "search", { query: "lighthouse" });
		expect(found.texts).toEqual([expect.stringMatching(/^Untrusted content follows/), expect.stringContaining(itemId)]);
		expect((await call(ada, "get_item", { id: itemId, picture: false })).texts[1]).toContain(itemId);
		expect((await call(ada, "tag", { ids: [itemId], tags: ["hers"] })).texts[1]).toContain('"done":1');
		expect((await as(ada)("GET", `/items/${itemId}`)).body.tags).toEqual(["hers"]);
		const { body } = await send(ada, "resources/read", { uri: `collections://items/${itemId}` });
		expect(body.result.contents[0].text).toContain("untrusted_content");
	});

	it("uploads a picture that the call brings, and refuses what is none", async () => {
		const { ports, call } = testMcp();
		const data = Buffer.from(await png().arrayBuffer()).toString("base64");
		const { isError, texts } = await call(ada, "upload", { filename: "shot.png", data });
		expect(isError).toBe(false);
		const [stored] = ports.store.items.values();
		expect(stored?.item).toMatchObject({ userId: ada, originalFilename: "shot.png" });
		expect(texts[1]).toContain(stored?.item.id);
		const failures = await Promise.all(
			[
				{ filename: "notes.txt", data },
				{ filename: "shot.png", data: `${data}!` },
				{ filename: "shot.png", data: Buffer.from("no picture").toString("base64") },
				{ filename: "shot.png", data: Buffer.alloc(3_000_001).toString("base64") },
				{ path: "/etc/passwd" },
			].map((input) => call(ada, "upload", input)),
		);
		expect(failures.map(({ isError }) => isError)).toEqual([true, true, true, true, true]);
		expect(failures.map(({ texts }) => texts[0])).toEqual([
			"notes.txt is no picture by its name.",
			expect.stringContaining("is not Base64"),
			expect.stringContaining("image"),
			expect.stringContaining("3000001 bytes, and a call brings at most 3000000"),
			expect.stringContaining("filename"),
		]);
		expect(ports.store.items.size).toBe(1);
	});

	it("takes from the limits of the route that it asks, and says when to try again instead of waiting", async () => {
		const requestsPerMinute = { ...generousLimits.requestsPerMinute, search: 1 };
		const { call, send } = testMcp({ limits: { ...generousLimits, requestsPerMinute } });
		expect((await call(ada, "search", { query: "boat" })).isError).toBe(false);
		const refused = await call(ada, "search", { query: "boat" });
		expect(refused).toMatchObject({ isError: true, texts: [expect.stringContaining("of the class search a minute")] });
		expect((await call(bob, "search", { query: "boat" })).isError).toBe(false);
		expect((await send(ada, "ping")).headers.get("ratelimit-policy")).toBe('"read";q=100000;w=60');
	});

	it("that takes longer than a request may is a failed call, and no cut request", async () => {
		const ports = fakePorts();
		ports.items.find = () => new Promise(() => {});
		const { call } = testMcp({ ports, maxAnswerMs: 2_050 });
		const { isError, texts } = await call(ada, "get_item", { id: crypto.randomUUID() });
		expect([isError, texts[0]]).toEqual([true, expect.stringContaining("was not answered within 0.05 seconds")]);
	});
});

describe("a client without a valid token", () => {
	const metadata = "https://api.example.com/.well-known/oauth-protected-resource/mcp";

	it("is told where to sign in", async () => {
		const { app } = testMcp({ authenticate: testAuthenticate });
		const post = (headers: Record<string, string>) =>
			app.request("https://api.example.com/mcp", { method: "POST", headers, body: "{}" });
		const none = await post({});
		expect([none.status, none.headers.get("www-authenticate")]).toEqual([
			401,
			`Bearer resource_metadata="${metadata}"`,
		]);
		const wrong = await post({ authorization: "Bearer stale" });
		expect([wrong.status, wrong.headers.get("www-authenticate")]).toEqual([
			401,
			`Bearer error="invalid_token", resource_metadata="${metadata}"`,
		]);
	});

	const testAuthenticate = async () => {
		const { AppError } = await import("#core/errors.ts");
		throw new AppError("unauthorized", "This call needs a token.");
	};

	it.each(["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"])(
		"reads at %s who issues tokens",
		async (path) => {
			const read = async (hostedUrl: string | null) => {
				const response = await testApi({ hostedUrl }).app.request(`https://api.example.com${path}`);
				return response.json();
			};
			const about = {
				resource: "https://api.example.com/mcp",
				resource_name: "Collections",
				scopes_supported: ["openid", "email"],
				bearer_methods_supported: ["header"],
			};
			expect(await read(null)).toEqual({ ...about, authorization_servers: ["https://pool.example.com/pool"] });
			// The pool's own document does not say that it knows PKCE.
			expect(await read("https://acme.example.com")).toEqual({
				...about,
				authorization_servers: ["https://api.example.com"],
			});
		},
	);

	it("reads where the hosted pages are, where there are any", async () => {
		const path = "/.well-known/oauth-authorization-server";
		const { app, as } = testApi();
		const document = await (await app.request(`https://api.example.com${path}`)).json();
		expect(document).toMatchObject({
			issuer: "https://api.example.com",
			authorization_endpoint: "https://acme.example.com/oauth2/authorize",
			token_endpoint: "https://acme.example.com/oauth2/token",
			jwks_uri: "https://pool.example.com/pool/.well-known/jwks.json",
			code_challenge_methods_supported: ["S256"],
			token_endpoint_auth_methods_supported: ["none"],
		});
		expect((await as(ada)("GET", path)).status).toBe(200);
		expect((await testApi({ hostedUrl: null }).as(ada)("GET", path)).status).toBe(404);
	});
});

it("the SDK's client signs a person in by what the documents say: with PKCE, the scopes, and this server as the resource", async () => {
	const { app } = testApi();
	const saved: { address?: URL; verifier?: string; tokens?: OAuthTokens } = {};
	const exchanged: URLSearchParams[] = [];
	/** Takes the place of the pool's token endpoint; everything else is the API's. */
	const fetchFn = async (url: string | URL, init?: RequestInit) => {
		if (new URL(url).host === "api.example.com") return app.request(url, init);
		expect(String(url)).toBe("https://acme.example.com/oauth2/token");
		exchanged.push(new URLSearchParams(String(init?.body)));
		return Response.json({ access_token: ada, token_type: "Bearer", expires_in: 3_600, refresh_token: "r" });
	};
	const provider: OAuthClientProvider = {
		redirectUrl: "http://localhost:8080/callback",
		clientMetadata: { redirect_uris: ["http://localhost:8080/callback"], token_endpoint_auth_method: "none" },
		// Registered beforehand: the documents offer no registration.
		clientInformation: () => ({ client_id: "agents", issuer: "https://api.example.com" }),
		tokens: () => saved.tokens,
		saveTokens: (tokens) => void Object.assign(saved, { tokens }),
		redirectToAuthorization: (address) => void Object.assign(saved, { address }),
		saveCodeVerifier: (verifier) => void Object.assign(saved, { verifier }),
		codeVerifier: () => saved.verifier ?? "",
	};
	const refused = await app.request("https://api.example.com/mcp", { method: "POST", body: "{}" });
	const { resourceMetadataUrl } = extractWWWAuthenticateParams(refused);
	const signIn = { serverUrl: "https://api.example.com/mcp", resourceMetadataUrl, fetchFn };

	expect(await auth(provider, signIn)).toBe("REDIRECT");
	const { origin, pathname, searchParams } = saved.address ?? new URL("about:blank");
	expect(origin + pathname).toBe("https://acme.example.com/oauth2/authorize");
	const { code_challenge, ...parameters } = Object.fromEntries(searchParams);
	expect(parameters).toEqual({
		response_type: "code",
		client_id: "agents",
		code_challenge_method: "S256",
		redirect_uri: "http://localhost:8080/callback",
		scope: "openid email",
		resource: "https://api.example.com/mcp",
	});
	expect(code_challenge).toBe(
		createHash("sha256")
			.update(saved.verifier ?? "")
			.digest("base64url"),
	);

	expect(await auth(provider, { ...signIn, authorizationCode: "c0de" })).toBe("AUTHORIZED");
	expect(exchanged.map((body) => Object.fromEntries(body))).toEqual([
		{
			grant_type: "authorization_code",
			client_id: "agents",
			code: "c0de",
			code_verifier: saved.verifier,
			redirect_uri: "http://localhost:8080/callback",
			resource: "https://api.example.com/mcp",
		},
	]);
});

it("GET is no stream, and says what is", async () => {
	const { status, headers, body } = await testMcp().as(ada)("GET", "/mcp");
	expect([status, headers.get("allow"), body.code]).toEqual([405, "POST", "method_not_allowed"]);
});

it("pages of other sites are refused, whatever their token", async () => {
	const { send } = testMcp();
	const from = async (origin: string) => (await send(ada, "ping", {}, { origin })).status;
	expect(await from("https://app.example.com")).toBe(200);
	for (const origin of ["https://evil.example", "null", "https://app.example.com.evil.example"]) {
		expect(await from(origin), origin).toBe(403);
	}
});
