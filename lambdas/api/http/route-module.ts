import type { Limits } from "#core/limits/limits.ts";
import type { Ports } from "#core/ports/index.ts";
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
	| "idempotencyKeys"
	| "outbox"
	| "events"
	| "analyses"
	| "albums"
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
	| "verifications"
	| "webhooks"
	| "deletedAccounts"
>;

/** Describes the deployed version. */
export interface Deployment {
	environment: string;
	version: string;
	gitSha: string;
}

/** The settings that some routes need beside ports. */
export interface RouteSettings {
	deployment: Deployment;
	limits: Limits;
	/** Limits an answer, streamed or not. */
	maxAnswerMs: number;
	/** Limits the wait for another function; after it the API answers 202 with the request's address. */
	maxWaitMs: number;
	/** Loads an application with all routes. */
	wholeApi: () => Promise<Api>;
}

/** Adds a module's routes to an application: every file of `routes/` but the table exports one as `register`. */
export type RegisterRoutes = (app: Api, ports: ApiPorts, settings: RouteSettings) => void;
