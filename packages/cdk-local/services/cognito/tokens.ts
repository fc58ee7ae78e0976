import {
	createHash,
	createPrivateKey,
	createPublicKey,
	generateKeyPairSync,
	randomBytes,
	randomUUID,
} from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { Groups } from "./groups.ts";
import type { User, UserPoolClient } from "./user-pool.ts";

export interface JsonWebKey {
	kid: string;
	alg: "RS256";
	use: "sig";
	kty: "RSA";
	n: string;
	e: string;
}

interface Grant {
	issuer: string;
	client: UserPoolClient;
	user: User;
	/** Time of the sign-in, in seconds since 1970. */
	authTime: number;
	/** The same in every token of a sign-in. */
	originJti: string;
}

/** Issues the tokens of the user pools, signed with the pool's key. Of refresh tokens only hashes are stored. */
export class Tokens {
	readonly #state: State;
	readonly #groups: Groups;

	constructor(state: State, groups: Groups) {
		this.#state = state;
		this.#groups = groups;
		state.db.exec(`
			create table if not exists signing_keys (
				pool text primary key,
				id text not null,
				private_key text not null
			) strict;
			create table if not exists refresh_tokens (
				hash text primary key,
				pool text not null,
				client text not null,
				sub text not null,
				auth_time integer not null,
				origin_jti text not null,
				expires_at integer not null
			) strict;
			create table if not exists rotated_refresh_tokens (
				hash text primary key references refresh_tokens (hash) on delete cascade,
				valid_until integer not null
			) strict`);
	}

	/** Generates the pool's key once, so that tokens stay valid across restarts. */
	ensureKey(pool: string): void {
		if (this.#state.sql("select 1 from signing_keys where pool = ?").get(pool)) {
			return;
		}
		const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
		this.#state
			.sql("insert into signing_keys values (?, ?, ?)")
			.run(pool, randomBytes(32).toString("base64"), privateKey.export({ type: "pkcs8", format: "pem" }));
	}

	jwks(pool: string): { keys: JsonWebKey[] } {
		const { id, privateKey } = this.#key(pool);
		const { n = "", e = "" } = createPublicKey(privateKey).export({
			format: "jwk",
		});
		return {
			keys: [{ kid: id, alg: "RS256", use: "sig", kty: "RSA", n, e }],
		};
	}

	/** Issues the tokens of a new sign-in. */
	async issue(issuer: string, client: UserPoolClient, user: User) {
		const grant: Grant = {
			issuer,
			client,
			user,
			authTime: this.#seconds(),
			originJti: randomUUID(),
		};
		this.#state.sql("delete from refresh_tokens where expires_at <= ?").run(this.#seconds());
		const RefreshToken = this.#newRefreshToken(grant, this.#seconds() + client.refreshTokenSeconds);
		return { ...(await this.#sign(grant)), RefreshToken };
	}

	/**
	 * Issues new tokens for a refresh token, with a new refresh token where the client rotates them.
	 * @throws AwsError `NotAuthorizedException` if the token is unknown, expired or another client's,
	 * `RefreshTokenReuseException` if it was rotated and its grace period is over
	 */
	async refresh(
		issuer: string,
		client: UserPoolClient,
		refreshToken: string,
		findUser: (sub: string) => User | undefined,
	) {
		const session = this.#state
			.sql(
				`select sub, auth_time as authTime, origin_jti as originJti, expires_at as expiresAt, valid_until as validUntil
				from refresh_tokens left join rotated_refresh_tokens using (hash) where hash = ? and client = ?`,
			)
			.get(hash(refreshToken), client.id) as
			| { sub: string; authTime: number; originJti: string; expiresAt: number; validUntil: number | null }
			| undefined;
		const user = session && findUser(session.sub);
		if (!session || !user) {
			throw new AwsError("NotAuthorizedException", "Invalid Refresh Token");
		}
		if (session.expiresAt <= this.#seconds()) {
			throw new AwsError("NotAuthorizedException", "Refresh Token has expired");
		}
		if (session.validUntil !== null && session.validUntil <= this.#seconds()) {
			throw new AwsError("RefreshTokenReuseException", "Refresh token has been invalidated by rotation");
		}
		const grant: Grant = { ...session, issuer, client, user };
		const tokens = await this.#sign(grant);
		if (client.refreshTokenGraceSeconds === null) return tokens;
		// A repeated request does not prolong the grace period that the first began.
		this.#state
			.sql("insert into rotated_refresh_tokens values (?, ?) on conflict (hash) do nothing")
			.run(hash(refreshToken), this.#seconds() + client.refreshTokenGraceSeconds);
		return { ...tokens, RefreshToken: this.#newRefreshToken(grant, session.expiresAt) };
	}

	revoke(clientId: string, refreshToken: string): void {
		this.#state.sql("delete from refresh_tokens where hash = ? and client = ?").run(hash(refreshToken), clientId);
	}

	/** Revokes every refresh token of a user who was signed out or deleted, or whose password changed. */
	revokeAll(pool: string, sub: string): void {
		this.#state.sql("delete from refresh_tokens where pool = ? and sub = ?").run(pool, sub);
	}

	/** Returns the `sub` of an access token. @throws AwsError `NotAuthorizedException` */
	async verifyAccess(pool: string, issuer: string, token: string): Promise<string> {
		try {
			const { payload } = await jwtVerify(token, createPublicKey(this.#key(pool).privateKey), {
				issuer,
				algorithms: ["RS256"],
				currentDate: new Date(this.#state.now()),
			});
			if (payload.token_use === "access" && payload.sub) return payload.sub;
		} catch (error) {
			if (error instanceof errors.JWTExpired) {
				throw new AwsError("NotAuthorizedException", "Access Token has expired");
			}
		}
		throw new AwsError("NotAuthorizedException", "Invalid Access Token");
	}

	/** @param expiresAt a rotated token's replacement expires when that token would have */
	#newRefreshToken({ client, user, authTime, originJti }: Grant, expiresAt: number): string {
		const refreshToken = randomBytes(64).toString("base64url");
		this.#state
			.sql("insert into refresh_tokens values (?, ?, ?, ?, ?, ?, ?)")
			.run(hash(refreshToken), client.pool, client.id, user.sub, authTime, originJti, expiresAt);
		return refreshToken;
	}

	async #sign({ issuer, client, user, authTime, originJti }: Grant) {
		const { id, privateKey } = this.#key(client.pool);
		const now = this.#seconds();
		const groups = this.#groups.of(user).map(({ name }) => name);
		const token = (claims: Record<string, unknown>, seconds: number) =>
			new SignJWT({
				...claims,
				...(groups.length > 0 && { "cognito:groups": groups }),
				origin_jti: originJti,
				auth_time: authTime,
				jti: randomUUID(),
			})
				.setProtectedHeader({ alg: "RS256", kid: id })
				.setIssuer(issuer)
				.setSubject(user.sub)
				.setIssuedAt(now)
				.setExpirationTime(now + seconds)
				.sign(privateKey);
		const { sub: _, email_verified, ...attributes } = user.attributes;
		return {
			IdToken: await token(
				{
					...attributes,
					email_verified: email_verified === "true",
					"cognito:username": user.sub,
					aud: client.id,
					token_use: "id",
				},
				client.idTokenSeconds,
			),
			AccessToken: await token(
				{
					username: user.sub,
					client_id: client.id,
					scope: "aws.cognito.signin.user.admin",
					token_use: "access",
				},
				client.accessTokenSeconds,
			),
			ExpiresIn: client.accessTokenSeconds,
			TokenType: "Bearer",
		};
	}

	#key(pool: string) {
		const row = this.#state.sql("select id, private_key as privateKey from signing_keys where pool = ?").get(pool) as
			| { id: string; privateKey: string }
			| undefined;
		if (!row) {
			throw new AwsError("ResourceNotFoundException", `User pool ${pool} does not exist.`);
		}
		return { id: row.id, privateKey: createPrivateKey(row.privateKey) };
	}

	#seconds(): number {
		return Math.floor(this.#state.now() / 1_000);
	}
}

function hash(token: string): string {
	return createHash("sha256").update(token).digest("base64url");
}
