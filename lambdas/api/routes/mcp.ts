import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { AppError } from "#core/errors.ts";
import { problem } from "../http/error-responses.ts";
import { originOf } from "../http/origin.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, open } from "../http/routing.ts";
import { routes } from "./table.ts";

const tags = ["Agents"];

/** The scopes that people grant at the hosted pages: for a sign-in without one Cognito gives no tokens. */
const scopes = ["openid", "email"];

const messageSchema = z
	.looseObject({ jsonrpc: z.literal("2.0"), id: z.union([z.string(), z.number()]).nullable().optional() })
	.openapi("McpMessage", {
		description: "A message of JSON-RPC 2.0: a request, a notification, a result or an error.",
	});

const message = (example: object) => ({ "application/json": { schema: messageSchema, example } });

const refusal = (code: number, text: string) => message({ jsonrpc: "2.0", id: null, error: { code, message: text } });

const call = guarded(routes.callMcp, {
	tags,
	summary: "Serve an agent by the Model Context Protocol",
	description:
		"Streamable HTTP without a session: each request is answered with JSON. The tools search, ask, show, list, upload and tag your items, within your limits of those routes. Without a valid token the answer's `WWW-Authenticate` names the document that says where to sign in.",
	request: { query: noQuery },
	// Read by the protocol's own code, whose refusals are messages, too.
	requestBody: {
		required: true,
		content: {
			"application/json": {
				schema: { $ref: "#/components/schemas/McpMessage" },
				example: {
					jsonrpc: "2.0",
					id: 1,
					method: "tools/call",
					params: { name: "search", arguments: { query: "ferry" } },
				},
			},
		},
	},
	responses: {
		200: {
			description: "The answer to a request.",
			content: message({ jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: "[]" }] } }),
		},
		202: { description: "A notification or a response was received." },
		400: {
			description: "The message cannot be read, or is of an unknown version of the protocol.",
			content: refusal(-32_700, "Parse error: Invalid JSON"),
		},
		403: problem("A web page called that is none of this environment."),
		406: {
			description: "The client must accept both application/json and text/event-stream.",
			content: refusal(-32_000, "Not Acceptable"),
		},
		413: { $ref: "#/components/responses/ContentTooLarge" },
		415: {
			description: "The message is not sent as application/json.",
			content: refusal(-32_000, "Unsupported Media Type"),
		},
	},
});

const stream = open(routes.streamMcp, {
	tags,
	summary: "No stream: an agent's client that asks for one is told to go on without",
	responses: { 405: problem("There is no stream of messages from the server.") },
});

const protectedResource = z
	.object({
		resource: z.url(),
		resource_name: z.string(),
		authorization_servers: z.array(z.url()),
		scopes_supported: z.array(z.string()),
		bearer_methods_supported: z.array(z.string()),
	})
	.openapi("ProtectedResource");

const describeResource = {
	tags,
	summary: "Where to sign in for a token (RFC 9728)",
	responses: { 200: json("The metadata of the protected resource `/mcp`.", protectedResource) },
};
const resource = open(routes.protectedResource, describeResource);
const resourceOfMcp = open(routes.protectedMcp, describeResource);

const authorizationServer = open(routes.authorizationServer, {
	tags,
	summary: "How to sign in at the hosted pages (RFC 8414)",
	description:
		"Those of the user pool, with what its own document leaves out: that it knows PKCE, without which clients refuse to sign in.",
	responses: {
		200: json(
			"The metadata of the authorization server.",
			z
				.object({
					issuer: z.url(),
					authorization_endpoint: z.url(),
					token_endpoint: z.url(),
					revocation_endpoint: z.url(),
					jwks_uri: z.url(),
					scopes_supported: z.array(z.string()),
					response_types_supported: z.array(z.string()),
					grant_types_supported: z.array(z.string()),
					token_endpoint_auth_methods_supported: z.array(z.string()),
					code_challenge_methods_supported: z.array(z.string()),
				})
				.openapi("AuthorizationServer"),
		),
		404: problem("This environment has no hosted pages to sign in at."),
	},
});

/** Serves agents, and says where their people sign in. */
export const register: RegisterRoutes = (app, _ports, { answer, origins, signIn, maxAnswerMs }) => {
	const path = routes.callMcp.path;

	app.use(path, async (c, next) => {
		const origin = c.req.header("origin");
		// The protocol demands it, against pages that reach a server by a name of their own.
		if (origin !== undefined && !origins.includes(origin)) {
			throw new AppError(
				"origin_refused",
				`Pages of ${origin.slice(0, 200)} may not call this: corsOrigins has none of them.`,
			);
		}
		await next();
		if (c.res.status === 401) c.res.headers.set("www-authenticate", challenge(c));
		if (c.res.status === 405) c.res.headers.set("allow", "POST");
	});

	app.openapi(call, async (c) => {
		// Larger than all other code of a request: only agents wait for it.
		const { answerMcp } = await import("#mcp/src/http.ts");
		const { url, method, headers } = c.req.raw;
		const request = new Request(url, { method, headers, body: await c.req.text() });
		const response = await answerMcp(request, {
			apiUrl: originOf(c),
			token: c.req.header("authorization")?.replace(/^Bearer +/i, "") ?? "",
			fetch: async (input, init) => {
				const asked = new Request(input, init);
				return beforeAbort(asked.signal, answer(asked, { requestId: c.get("requestId") }));
			},
			// A tool that fails is an answer of its own, so it must come before this request's end.
			timeoutMs: maxAnswerMs - 2_000,
		});
		return c.body(await response.arrayBuffer(), response.status as 200, Object.fromEntries(response.headers));
	});

	app.openapi(stream, () => {
		throw new AppError(
			"method_not_allowed",
			"This server sends no messages of its own: send yours by POST, and each is answered with JSON.",
		);
	});

	const describe = (c: Context) => ({
		resource: `${originOf(c)}${path}`,
		resource_name: "Collections",
		authorization_servers: [signIn.hostedUrl ? originOf(c) : signIn.issuer],
		scopes_supported: scopes,
		bearer_methods_supported: ["header"],
	});
	app.openapi(resource, (c) => c.json(describe(c), 200));
	app.openapi(resourceOfMcp, (c) => c.json(describe(c), 200));

	app.openapi(authorizationServer, (c) => {
		const { hostedUrl, issuer } = signIn;
		if (!hostedUrl) {
			throw new AppError(
				"route_not_found",
				"This environment has no hosted pages to sign in at: connect with a token of your own.",
			);
		}
		return c.json(
			{
				issuer: originOf(c),
				authorization_endpoint: `${hostedUrl}/oauth2/authorize`,
				token_endpoint: `${hostedUrl}/oauth2/token`,
				revocation_endpoint: `${hostedUrl}/oauth2/revoke`,
				jwks_uri: `${issuer}/.well-known/jwks.json`,
				scopes_supported: scopes,
				response_types_supported: ["code"],
				grant_types_supported: ["authorization_code", "refresh_token"],
				token_endpoint_auth_methods_supported: ["none"],
				code_challenge_methods_supported: ["S256"],
			},
			200,
		);
	});
};

/** Stops waiting for work once a signal aborts, with its reason. */
async function beforeAbort<T>(signal: AbortSignal, work: T | Promise<T>): Promise<T> {
	const { promise, reject } = Promise.withResolvers<never>();
	signal.addEventListener("abort", () => reject(signal.reason), { once: true });
	return Promise.race([work, promise]);
}

/** Says where to sign in, and of a token that was sent that it is no good. */
function challenge(c: Context): string {
	const metadata = `resource_metadata="${originOf(c)}${routes.protectedMcp.path}"`;
	return c.req.header("authorization") === undefined
		? `Bearer ${metadata}`
		: `Bearer error="invalid_token", ${metadata}`;
}
