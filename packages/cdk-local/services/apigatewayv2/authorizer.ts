import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";

/** What a function learns about a verified token. */
export interface Jwt {
	claims: Record<string, string>;
	scopes: string[] | null;
}

export type Verdict =
	| { allowed: true; jwt: Jwt }
	| { allowed: false; status: 401 | 403 };

export type Authorizer = (
	authorization: string | undefined,
	requiredScopes: string[],
) => Promise<Verdict>;

/**
 * A JWT authorizer of an HTTP API: signature by a key of the issuer, RSA only; issuer, times, and
 * audience, which is `client_id` where a token (Cognito's access token) has no `aud`.
 */
export function jwtAuthorizer({
	issuer,
	audience,
}: {
	issuer: string;
	audience: string[];
}): Authorizer {
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
			// Keys that cannot be fetched are our fault, and everything else the token's.
			if (
				error instanceof errors.JWKSTimeout ||
				!(error instanceof errors.JOSEError)
			) {
				throw error;
			}
			return { allowed: false, status: 401 };
		}
		const intended = claims.aud ?? claims.client_id;
		const meant = (Array.isArray(intended) ? intended : [intended]).some(
			(one) => typeof one === "string" && audience.includes(one),
		);
		if (!meant) return { allowed: false, status: 401 };
		const scopes =
			typeof claims.scope === "string" ? claims.scope.split(" ") : [];
		if (
			requiredScopes.length > 0 &&
			!requiredScopes.some((scope) => scopes.includes(scope))
		) {
			return { allowed: false, status: 403 };
		}
		return {
			allowed: true,
			jwt: {
				claims: Object.fromEntries(
					Object.entries(claims).map(([name, value]) => [name, asText(value)]),
				),
				scopes: requiredScopes.length > 0 ? scopes : null,
			},
		};
	};
}

/** API Gateway hands every claim on as text, lists like `[a b]`. */
function asText(claim: unknown): string {
	if (Array.isArray(claim)) return `[${claim.join(" ")}]`;
	return typeof claim === "object" ? JSON.stringify(claim) : String(claim);
}
