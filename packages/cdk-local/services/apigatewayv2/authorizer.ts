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
	return async (authorization, requiredScopes) => {
		const token = authorization?.replace(/^Bearer\s+/i, "");
		if (!token) return { allowed: false, status: 401 };
		let claims: JWTPayload;
		try {
			const verified = await jwtVerify(token, keys, {
				issuer,
				algorithms: ["RS256"],
				requiredClaims: ["exp"],
			});
			claims = verified.payload;
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

/** Formats a claim as API Gateway does: text, and lists like `[a b]`. */
function asText(claim: unknown): string {
	if (Array.isArray(claim)) return `[${claim.join(" ")}]`;
	return typeof claim === "object" ? JSON.stringify(claim) : String(claim);
}
