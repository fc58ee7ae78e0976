import { validateCognitoJwtFields } from "aws-jwt-verify/cognito-verifier";
import { FetchError, JwtBaseError } from "aws-jwt-verify/error";
import { type Fetcher, SimpleFetcher } from "aws-jwt-verify/https";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";
import { JwtVerifier } from "aws-jwt-verify/jwt-verifier";
import { AppError } from "#core/errors.ts";

/** The person whom a token names. */
export interface Caller {
	userId: string;
	/** The groups of the user pool that they were in when the token was issued. */
	groups: readonly string[];
}

/** Returns the person of an `Authorization` header. @throws AppError `unauthorized` */
export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

/** The issuer whose tokens are accepted. */
interface TokenIssuer {
	issuer: string;
	jwksUrl: string;
	/** The clients of the pool whose tokens are accepted. */
	clientIds: string[];
	/** Only `local` may read signing keys over http, and only from this machine. */
	environment: string;
}

const maxVerified = 1_000;

/**
 * Keeps the people of verified tokens until the tokens expire. A client sends one token for an hour, and verifying it took a
 * third of the processor's time of a refused request. A key that Cognito withdraws stays good as long: the verifier keeps
 * keys, too.
 */
class VerifiedTokens {
	readonly #callers = new Map<string, { caller: Caller; expiresAt: number }>();

	get(token: string): Caller | undefined {
		const known = this.#callers.get(token);
		return known && known.expiresAt >= Date.now() ? known.caller : undefined;
	}

	add(token: string, caller: Caller, expires: number | undefined): void {
		if (expires === undefined) return;
		this.#callers.set(token, { caller, expiresAt: expires * 1_000 });
		const [oldest] = this.#callers.keys();
		if (this.#callers.size > maxVerified && oldest) this.#callers.delete(oldest);
	}
}

/** Verifies Cognito's ID and access tokens again, behind the gateway's own check. */
export function cognitoAuthenticate(tokens: TokenIssuer): Authenticate {
	const { issuer, jwksUrl, clientIds } = tokens;
	const verifier = JwtVerifier.create(
		// An ID token names the client as `aud`, an access token as `client_id`: checked below.
		{ issuer, jwksUri: jwksUrl, audience: null },
		{ jwksCache: new SimpleJwksCache({ fetcher: fetcherFor(tokens) }) },
	);
	const verified = new VerifiedTokens();
	return async (authorization) => {
		const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
		if (!token) {
			throw unauthorized("This call needs a token: send the header Authorization: Bearer <ID or access token>.");
		}
		try {
			const known = verified.get(token);
			if (known) return known;
			const claims = await verifier.verify(token);
			validateCognitoJwtFields(claims, { tokenUse: null, clientId: clientIds });
			const caller = { userId: userOf(claims.sub), groups: groupsIn(claims["cognito:groups"]) };
			verified.add(token, caller, claims.exp);
			return caller;
		} catch (error) {
			// Keys that cannot be fetched are our failure, not the caller's.
			if (!(error instanceof JwtBaseError) || error instanceof FetchError) {
				throw error;
			}
			throw unauthorized(
				"The token is not valid here (expired, or of another issuer or client): sign in again.",
				error,
			);
		}
	};
}

const unauthorized = (detail: string, cause?: unknown) => new AppError("unauthorized", detail, { cause });

/** The user is part of object keys, so it holds nothing that could leave its own prefix. */
function userOf(sub: unknown): string {
	if (typeof sub === "string" && /^[\w-]{1,128}$/.test(sub)) return sub;
	throw unauthorized("The token names no user: sign in again.");
}

/** The claim is missing from the tokens of a person who is in no group. */
const groupsIn = (claim: unknown): string[] =>
	Array.isArray(claim) ? claim.filter((group) => typeof group === "string") : [];

function fetcherFor({ jwksUrl, environment }: TokenIssuer): Fetcher {
	const { protocol, hostname } = new URL(jwksUrl);
	if (protocol === "https:") return new SimpleFetcher();
	const isLoopback = ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
	if (environment !== "local" || !isLoopback) {
		throw new Error(
			`JWKS_URL is ${jwksUrl}: signing keys are read over https, over http only from this machine in environment local.`,
		);
	}
	return {
		async fetch(uri) {
			const response = await fetch(uri, {
				redirect: "error",
				signal: AbortSignal.timeout(3_000),
			}).catch((error) => {
				throw new FetchError(uri, error);
			});
			if (!response.ok) throw new FetchError(uri, `status ${response.status}`);
			return response.arrayBuffer();
		},
	};
}
