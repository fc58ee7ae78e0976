import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";

/** The parts of a verified token that a function receives. */
export interface Jwt {
	claims: Record<string, string>;
	scopes: string[] | null;
}

type Verdict = { allowed: true; jwt: Jwt } | { allowed: false; status: 401 | 403 };

export type Authorizer = (authorization: string | undefined, requiredScopes: string[]) => Promise<Verdict>;

/**
 * Creates the JWT authorizer of an HTTP API. It verifies the signature (RSA, with the issuer's keys), the issuer,
 * the times and the audience, which is `client_id` in a token without `aud` (Cognito's access token).
 */
export function jwtAuthorizer({ issuer, audience }: { issuer: string; audience: string[] }): Authorizer {
	const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
	const verified = new VerifiedTokens();
	return async (authorization, requiredScopes) => {
		const token = authorization?.replace(/^Bearer\s+/i, "");
		if (!token) return { allowed: false, status: 401 };
		let claims = verified.get(token);
		try {
			if (!claims) {
				const { payload } = await jwtVerify(token, keys, { issuer, algorithms: ["RS256"], requiredClaims: ["exp"] });
				claims = payload;
				verified.add(token, payload);
			}
		} catch (error) {
			// Keys that cannot be fetched are an error of the emulator; any other error is the token's.
			if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
				throw error;
			}
			return { allowed: false, status: 401 };
		}
		const audiences = [claims.aud ?? claims.client_id].flat();
		const isIntended = audiences.some((name) => typeof name === "string" && audience.includes(name));
		if (!isIntended) return { allowed: false, status: 401 };
		const scopes = typeof claims.scope === "string" ? claims.scope.split(" ") : [];
		if (requiredScopes.length > 0 && !requiredScopes.some((scope) => scopes.includes(scope))) {
			return { allowed: false, status: 403 };
		}
		return {
			allowed: true,
			jwt: {
				claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, asText(value)])),
				scopes: requiredScopes.length > 0 ? scopes : null,
			},
		};
	};
}

const maxVerified = 1_000;

/** Keeps the claims of verified tokens until they expire: a client sends its token with every request. */
class VerifiedTokens {
	readonly #claims = new Map<string, JWTPayload>();

	get(token: string): JWTPayload | undefined {
		const claims = this.#claims.get(token);
		return claims && Number(claims.exp) > Math.floor(Date.now() / 1_000) ? claims : undefined;
	}

	add(token: string, claims: JWTPayload): void {
		this.#claims.set(token, claims);
		const [oldest] = this.#claims.keys();
		if (this.#claims.size > maxVerified && oldest) this.#claims.delete(oldest);
	}
}

/** Formats a claim as API Gateway does: text, and lists like `[a b]`. */
function asText(claim: unknown): string {
	if (Array.isArray(claim)) return `[${claim.join(" ")}]`;
	return typeof claim === "object" ? JSON.stringify(claim) : String(claim);
}
