import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { FieldProblem } from "#core/errors.ts";
import { countedUses, periods } from "#core/limits/quotas.ts";
import { type ProblemCode, problemOf } from "#lambda-kit/problem.ts";
import { maxSizes } from "./request-sizes.ts";

/** A refusal, as the body of an answer or for one part of a request. */
export const problemSchema = z
	.object({
		type: z.string(),
		title: z.string().openapi({ example: "No such item" }),
		status: z.int(),
		detail: z.string().openapi({ description: "One clear sentence." }),
		code: z.string(),
		instance: z.string().openapi({ description: "The request's id." }),
		errors: z.array(z.object({ field: z.string(), detail: z.string() })).optional(),
		quota: z
			.object({
				use: z.enum(countedUses),
				period: z.enum(periods),
				limit: z.int(),
				used: z.int(),
				resets_at: z.iso.datetime(),
			})
			.optional()
			.openapi({ description: "Of `quota_exceeded`: the quota of which nothing is left." }),
	})
	.openapi("Problem");

/** The gateway's own answers, before our code is reached. */
const gatewayErrorSchema = z.object({ message: z.string() });

const ours = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
const gateways = { "application/json": { schema: { $ref: "#/components/schemas/GatewayError" } } };

/** For browsers. */
const pages = {
	"text/html": { schema: { type: "string" as const }, example: "<!doctype html><title>Collections</title>" },
};

const requestId = "8f14e45f-ceea-467f-a0e6-5a1c2d3b4e5f";

/** A problem with an example of it. */
const oursAs = (code: ProblemCode, detail: string, errors?: FieldProblem[]) => ({
	"application/problem+json": {
		...ours["application/problem+json"],
		example: problemOf(code, detail, { requestId, ...(errors && { errors }) }),
	},
});

/** The gateway's own answer, in its words. */
const gatewaysAs = (message: string) => ({
	"application/json": { ...gateways["application/json"], example: { message } },
});

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
	ETag: text(
		"The version of the item, for If-Match and If-None-Match; of a page of items (`W/`) for If-None-Match alone.",
		'"Zl1nVvZ0v3l5qWn6e0cYrA"',
	),
	IdempotencyReplayed: text("`true` on an answer that an earlier request with this Idempotency-Key got.", "true"),
};

const header = (name: keyof typeof headers) => ({ $ref: `#/components/headers/${name}` }) as const;

/** The headers of every answer that a limit counts. */
const standingHeaders = { RateLimit: header("RateLimit"), "RateLimit-Policy": header("RateLimitPolicy") };

/** The header of an answer that has a version. */
export const etagHeader = { ETag: header("ETag") };

const replayedHeader = { "Idempotency-Replayed": header("IdempotencyReplayed") };

/** Adds the headers of limits, and of replayed answers, to the answers that a route describes itself. A stream begins without them. */
export function withHeaders<Responses extends object>(
	responses: Responses,
	{ isReplayed, isStreamed }: { isReplayed: boolean; isStreamed: boolean },
): Responses {
	if (isStreamed) return responses;
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
		content: {
			...oursAs("invalid_request", "The body cannot be read: it is not the JSON or form it says."),
			...gatewaysAs("Bad Request"),
		},
	},
	Unauthorized: {
		description: "No valid token.",
		content: {
			...oursAs(
				"unauthorized",
				"The token is not valid here (expired, or of another issuer or client): sign in again.",
			),
			...gatewaysAs("Unauthorized"),
		},
	},
	NotFound: {
		description: "It does not exist, or belongs to another user.",
		content: oursAs("item_not_found", "There is no item 0d3f6c1e-5f0a-4c53-9b7e-2f1a8c7d4e60."),
	},
	Conflict: {
		...busy(
			"The image, or the requested model, does not allow it; or the first request with the Idempotency-Key is still running, which a Retry-After tells.",
		),
		content: oursAs("idempotency_key_busy", "The first request with this Idempotency-Key is still running: try again."),
	},
	ContentTooLarge: {
		description: "The body is too large for this route (ours) or for the gateway.",
		content: {
			...oursAs(
				"file_too_large",
				"The file has more than 4 MB: announce it by POST /uploads, which takes up to 50 MB.",
			),
			...gatewaysAs("Request Entity Too Large"),
		},
	},
	UnsupportedMediaType: {
		description: "Another content type is expected.",
		content: oursAs("unsupported_media_type", "The body has another content type than this call takes."),
	},
	UnprocessableContent: {
		description:
			"Fields are wrong or unknown, or name a provider or model that is not available here; or the Idempotency-Key came with another request.",
		content: oursAs("invalid_fields", "body.top_k: Too big: expected number to be <=50.", [
			{ field: "body.top_k", detail: "Too big: expected number to be <=50" },
		]),
	},
	TooManyRequests: {
		description:
			"You sent more requests than your limit allows, or nothing is left of your quota (ours), or all clients together sent too many (the gateway's).",
		headers: { "Retry-After": header("RetryAfter"), ...standingHeaders },
		content: {
			...oursAs(
				"rate_limited",
				"You may send 300 requests of the class read a minute, and sent more: send this one again in 1 second.",
			),
			...gatewaysAs("Too Many Requests"),
		},
	},
	AddressTooLong: {
		description: `Path and query have more than ${maxSizes.addressCharacters} characters.`,
		content: oursAs("address_too_long", `Path and query have more than ${maxSizes.addressCharacters} characters.`),
	},
	HeadersTooLarge: {
		description: `The headers have more than ${maxSizes.headerBytes} bytes (ours), or with the request line and without their names more than 10,240 (the gateway's).`,
		content: {
			...oursAs("headers_too_large", `The headers have more than ${maxSizes.headerBytes} bytes.`),
			...gatewaysAs("Request Header Fields Too Large"),
		},
	},
	InternalServerError: {
		description: "An error on our side, or a function that died (the gateway's).",
		content: {
			...oursAs("internal_error", "Something failed on our side; the log has it under this id."),
			...gatewaysAs("Internal Server Error"),
		},
	},
	ProviderOff: {
		description: "The environment's own provider is off: the problem names the setting.",
		content: oursAs("provider_not_configured", "The provider anthropic is off here: its key is not set."),
	},
	ModelGone: {
		description: "The environment's own model does not exist any more: the problem names the setting.",
		content: oursAs("model_gone", "The provider anthropic has no model of that name any more."),
	},
	ServiceUnavailable: {
		description: "Something this call needs is unavailable for the moment.",
		headers: { "Retry-After": header("RetryAfter") },
		content: {
			...oursAs("database_unavailable", "The database does not answer: try again in a while."),
			...gatewaysAs("Service Unavailable"),
		},
	},
	GatewayTimeout: {
		description: "It took longer than 26 seconds.",
		content: oursAs("timed_out", "No answer was ready after 26 seconds: try again."),
	},
	LockedShare: {
		description: "The page has a password, or another one than was sent.",
		content: { ...oursAs("password_required", "This page has a password: send it."), ...pages },
	},
	NothingShared: {
		description: "Nothing is shared at this address: it never was, was taken back, or has expired.",
		content: { ...oursAs("share_not_found", "Nothing is shared at this address."), ...pages },
	},
	TooManyVisits: {
		description:
			"Too many passwords were tried, too many visitors look (ours), or all clients together ask too much (the gateway's).",
		headers: { "Retry-After": header("RetryAfter") },
		content: {
			...oursAs("rate_limited", "Too many passwords were tried: try again in a minute."),
			...pages,
			...gatewaysAs("Too Many Requests"),
		},
	},
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
