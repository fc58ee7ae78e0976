import type { Limits } from "#core/limits/limits.ts";
import type { PersonsQuotas } from "#core/limits/persons-quotas.ts";
import type { Tier } from "#core/limits/tiers.ts";
import type { Ports } from "#core/ports/index.ts";
import type { RequestContext } from "#lambda-kit/answer-request.ts";
import type { Api } from "./routing.ts";

/** The ports that routes use. */
export type ApiPorts = Pick<
	Ports,
	| "items"
	| "edits"
	| "tags"
	| "requests"
	| "redactions"
	| "rateLimits"
	| "quotaCounts"
	| "ownQuotas"
	| "idempotencyKeys"
	| "outbox"
	| "events"
	| "analyses"
	| "albums"
	| "archives"
	| "jobs"
	| "golden"
	| "search"
	| "searchIndex"
	| "searchSettings"
	| "similar"
	| "vectorIndex"
	| "objects"
	| "embedder"
	| "chat"
	| "sessions"
	| "turns"
	| "webSearch"
	| "health"
	| "profiles"
	| "usage"
	| "userPool"
	| "shares"
	| "subscriptions"
	| "verifications"
	| "verificationCache"
	| "webhooks"
	| "deletedAccounts"
>;

/** Describes the deployed version. */
export interface Deployment {
	environment: string;
	version: string;
	gitSha: string;
}

/** Where a person signs in for a token. */
export interface SignIn {
	/** The `iss` of every token. */
	issuer: string;
	/** The address of the hosted pages; null where there are none. */
	hostedUrl: string | null;
}

/** How Stripe tells what people pay for. */
export interface Stripe {
	/** The tier of each price or product, by its id. */
	tiers: Readonly<Record<string, Tier>>;
	/** Reads the secret by which Stripe signs; null where nobody has stored it yet. */
	signingSecret: () => Promise<string | null>;
}

/** The settings that some routes need beside ports. */
export interface RouteSettings {
	deployment: Deployment;
	limits: Limits;
	/** The quotas of a person: their tier's, or their own. */
	personsQuotas: PersonsQuotas;
	/** The same verification gets its outcome again for so long; 0 for never. */
	verificationCacheMinutes: number;
	/** Limits an answer, streamed or not. */
	maxAnswerMs: number;
	/** Limits the wait for another function; after it the API answers 202 with the request's address. */
	maxWaitMs: number;
	/** Web pages that may call the API. */
	origins: readonly string[];
	signIn: SignIn;
	/** Null: nobody pays here. */
	stripe: Stripe | null;
	/** Answers a request as the API does: with its limits, for the person of its token. */
	answer: (request: Request, context: Pick<RequestContext, "requestId">) => Response | Promise<Response>;
	/** Loads an application with all routes. */
	wholeApi: () => Promise<Api>;
}

/** Adds a module's routes to an application: every file of `routes/` but the table exports one as `register`. */
export type RegisterRoutes = (app: Api, ports: ApiPorts, settings: RouteSettings) => void;
