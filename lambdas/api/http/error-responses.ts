import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { maxSizes } from "./request-sizes.ts";

/** A refusal, as the body of an answer or for one part of a request. */
export const problemSchema = z
	.object({
		type: z.string(),
		title: z.string(),
		status: z.int(),
		detail: z.string().openapi({ description: "One clear sentence." }),
		code: z.string(),
		instance: z.string().openapi({ description: "The request's id." }),
		errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
	})
	.openapi("Problem");

/** The gateway's own answers, before our code is reached. */
const gatewayErrorSchema = z.object({ message: z.string() });

const ours = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
const gateways = { "application/json": { schema: { $ref: "#/components/schemas/GatewayError" } } };

/** For browsers. */
const pages = { "text/html": { schema: { type: "string" as const } } };

/** A response with a problem that only one route has. */
export const problem = (description: string) => ({ description, content: ours });

const text = (description: string, example: string) => ({ description, schema: { type: "string" as const }, example });

/** Headers that many answers have. */
const headers = {
	RetryAfter: {
		description: "The seconds until the request may be sent again.",
		schema: { type: "integer" as const },
		example: 2,
	},
	RateLimitPolicy: text(
		"Your limits on this class of requests: `q` in `w` seconds, and `q` at the same time where `qu` is `concurrent-requests`.",
		'"read";q=300;w=60',
	),
	RateLimit: text("What is left of them: `r` requests within the next `t` seconds.", '"read";r=299;t=1'),
	ETag: text("The version of the item, for If-Match and If-None-Match.", '"Zl1nVvZ0v3l5qWn6e0cYrA"'),
	IdempotencyReplayed: text("`true` on an answer that an earlier request with this Idempotency-Key got.", "true"),
};

const header = (name: keyof typeof headers) => ({ $ref: `#/components/headers/${name}` }) as const;

/** The headers of every answer that a limit counts. */
const standingHeaders = { RateLimit: header("RateLimit"), "RateLimit-Policy": header("RateLimitPolicy") };

/** The header of an answer that has a version. */
export const etagHeader = { ETag: header("ETag") };

const replayedHeader = { "Idempotency-Replayed": header("IdempotencyReplayed") };

/** Adds the headers of limits, and of replayed answers, to the answers that a route describes itself. */
export function withHeaders<Responses extends object>(responses: Responses, isReplayed: boolean): Responses {
	const described = Object.entries(responses).map(([status, response]) => {
		if ("$ref" in response) return [status, response];
		const isKept = isReplayed && Number(status) < 300;
		return [
			status,
			{ ...response, headers: { ...response.headers, ...standingHeaders, ...(isKept && replayedHeader) } },
		];
	});
	return Object.fromEntries(described);
}

/** A response of a route that does one thing at a time. */
export const busy = (description: string) => ({
	...problem(description),
	headers: { "Retry-After": header("RetryAfter") },
});

/** Responses to errors. The document has each once, and routes refer to it. */
const errorResponses = {
	BadRequest: {
		description: "The request cannot be read: by this route (ours), or as HTTP at all (the gateway's).",
		content: { ...ours, ...gateways },
	},
	Unauthorized: { description: "No valid token.", content: { ...ours, ...gateways } },
	NotFound: problem("It does not exist, or belongs to another user."),
	Conflict: busy(
		"The image, or the requested model, does not allow it; or the first request with the Idempotency-Key is still running, which a Retry-After tells.",
	),
	ContentTooLarge: {
		description: "The body is too large for this route (ours) or for the gateway.",
		content: { ...ours, ...gateways },
	},
	UnsupportedMediaType: problem("Another content type is expected."),
	UnprocessableContent: problem(
		"Fields are wrong or unknown, or name a provider or model that is not available here; or the Idempotency-Key came with another request.",
	),
	TooManyRequests: {
		description: "You sent more requests than your limit allows (ours), or all clients together did (the gateway's).",
		headers: { "Retry-After": header("RetryAfter"), ...standingHeaders },
		content: { ...ours, ...gateways },
	},
	AddressTooLong: problem(`Path and query have more than ${maxSizes.addressCharacters} characters.`),
	HeadersTooLarge: {
		description: `The headers have more than ${maxSizes.headerBytes} bytes (ours), or with the request line and without their names more than 10,240 (the gateway's).`,
		content: { ...ours, ...gateways },
	},
	InternalServerError: {
		description: "An error on our side, or a function that died (the gateway's).",
		content: { ...ours, ...gateways },
	},
	ProviderOff: problem("The environment's own provider is off: the problem names the setting."),
	ModelGone: problem("The environment's own model does not exist any more: the problem names the setting."),
	ServiceUnavailable: {
		description: "Something this call needs is unavailable for the moment.",
		headers: { "Retry-After": header("RetryAfter") },
		content: { ...ours, ...gateways },
	},
	LockedShare: {
		description: "The page has a password, or another one than was sent.",
		content: { ...ours, ...pages },
	},
	NothingShared: {
		description: "Nothing is shared at this address: it never was, was taken back, or has expired.",
		content: { ...ours, ...pages },
	},
	TooManyVisits: {
		description:
			"Too many passwords were tried, too many visitors look (ours), or all clients together ask too much (the gateway's).",
		headers: { "Retry-After": header("RetryAfter") },
		content: { ...ours, ...pages, ...gateways },
	},
	GatewayTimeout: problem("It took longer than 26 seconds."),
};

const to = (name: keyof typeof errorResponses) => ({ $ref: `#/components/responses/${name}` }) as const;

/** For a route with a body. */
export const unreadableBody = {
	413: to("ContentTooLarge"),
	415: to("UnsupportedMediaType"),
};

/** For a route with an id in its path. */
export const notFound = { 404: to("NotFound") };

/** For a route that needs a token. */
export const refused = { 401: to("Unauthorized"), 422: to("UnprocessableContent") };

/** For a route that takes an `Idempotency-Key`. */
export const keyed = { 409: to("Conflict") };
export const ifMatchParameter = { $ref: "#/components/parameters/IfMatch" };
export const ifNoneMatchParameter = { $ref: "#/components/parameters/IfNoneMatch" };
export const idempotencyKey = { $ref: "#/components/parameters/IdempotencyKey" };

/** For every route. */
export const failed = {
	400: to("BadRequest"),
	414: to("AddressTooLong"),
	429: to("TooManyRequests"),
	431: to("HeadersTooLarge"),
	500: to("InternalServerError"),
	503: to("ServiceUnavailable"),
	504: to("GatewayTimeout"),
};

/** For a route whose work the item, or the model, does not allow. */
export const conflict = to("Conflict");

/** For a page that visitors without a token see. */
export const lockedShare = to("LockedShare");
export const nothingShared = to("NothingShared");
export const tooManyVisits = to("TooManyVisits");
export const wrongFields = to("UnprocessableContent");

/** For a route that calls a provider of the environment. */
export const providerOff = to("ProviderOff");

/** For a route that calls a model of the environment. */
export const modelGone = to("ModelGone");

/** Adds the responses to errors, and their schemas, to the document of an application. */
export function describeErrors({ openAPIRegistry }: Pick<OpenAPIHono, "openAPIRegistry">): void {
	openAPIRegistry.register("Problem", problemSchema);
	openAPIRegistry.register("GatewayError", gatewayErrorSchema);
	for (const [name, response] of Object.entries(errorResponses)) {
		openAPIRegistry.registerComponent("responses", name, response);
	}
	for (const [name, described] of Object.entries(headers)) {
		openAPIRegistry.registerComponent("headers", name, described);
	}
	openAPIRegistry.registerComponent("parameters", "IfMatch", {
		name: "If-Match",
		in: "header",
		required: false,
		description:
			"The ETag of the version that you read: if the item has changed since, nothing is written and the answer is 412, so that two windows lose nothing.",
		schema: { type: "string", minLength: 1 },
	});
	openAPIRegistry.registerComponent("parameters", "IfNoneMatch", {
		name: "If-None-Match",
		in: "header",
		required: false,
		description:
			"The ETag of the version that you have: if it is still current, the answer is 304 without a body. The address of the thumbnail in your copy lasts an hour.",
		schema: { type: "string", minLength: 1 },
	});
	openAPIRegistry.registerComponent("parameters", "IdempotencyKey", {
		name: "Idempotency-Key",
		in: "header",
		required: false,
		description:
			"A UUID, say, that you choose for this request. The same request with it is carried out once in 24 hours: sent again it gets the first one's successful answer, with `Idempotency-Replayed: true`.",
		schema: { type: "string", minLength: 1, maxLength: 255 },
	});
}
