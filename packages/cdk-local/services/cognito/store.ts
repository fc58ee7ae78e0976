import { createHash, randomInt, randomUUID } from "node:crypto";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { hashPassword, type PasswordPolicy } from "./passwords.ts";
import { type JsonWebKey, Tokens } from "./tokens.ts";

export type { PasswordPolicy } from "./passwords.ts";
export type { JsonWebKey } from "./tokens.ts";

/** A pool whose users sign in by e-mail address. */
export interface UserPoolOptions {
	name: string;
	passwordPolicy: PasswordPolicy;
	/** Whether anyone may sign up. */
	selfSignUp: boolean;
	/** Whether a code is sent at sign-up, whose return also verifies the address. */
	autoVerifyEmail: boolean;
}

export interface UserPoolClientOptions {
	/** As in the template: `ALLOW_USER_PASSWORD_AUTH`, `ALLOW_REFRESH_TOKEN_AUTH` ... */
	explicitAuthFlows: string[];
	/** @default 3600 */
	idTokenSeconds?: number;
	/** @default 3600 */
	accessTokenSeconds?: number;
	/** @default 30 days */
	refreshTokenSeconds?: number;
	/** Answers for an unknown user like for a wrong password. @default true */
	preventUserExistenceErrors?: boolean;
}

export interface UserPoolClient extends Required<UserPoolClientOptions> {
	id: string;
	pool: string;
}

export type UserStatus = "UNCONFIRMED" | "CONFIRMED" | "FORCE_CHANGE_PASSWORD";

export interface User {
	pool: string;
	/** Cognito's username where one signs in by address: the `sub`. */
	sub: string;
	status: UserStatus;
	passwordHash: string | null;
	/** As strings, `email_verified` too. */
	attributes: Record<string, string>;
	/** Milliseconds since 1970. */
	createdAt: number;
	updatedAt: number;
}

/** What a code lets its holder do. */
export type CodePurpose = "confirm" | "reset" | "new-password";

const day = 86_400_000;
const codeLife: Record<CodePurpose, number> = {
	confirm: day,
	reset: 3_600_000,
	"new-password": 180_000,
};
const codeAttempts = 5;
const userColumns =
	"pool, sub, status, password_hash as passwordHash, attributes, created_at as createdAt, updated_at as updatedAt";

/** The user pools: who may sign in, and with what. */
export class UserPools {
	readonly tokens: Tokens;
	readonly deliverCode: (email: string, code: string) => void;
	readonly #state: State;
	readonly #endpoint: () => string;

	constructor(
		state: State,
		hooks: {
			/** Stands in for the e-mail. */
			deliverCode(email: string, code: string): void;
			/** @default where the APIs listen */
			endpoint?: () => string;
		},
	) {
		this.#state = state;
		this.deliverCode = hooks.deliverCode;
		this.#endpoint = hooks.endpoint ?? (() => state.endpoint);
		this.tokens = new Tokens(state);
		state.db.exec(`
			create table if not exists user_pools (
				id text primary key,
				options text not null
			) strict;
			create table if not exists user_pool_clients (
				id text primary key,
				pool text not null references user_pools (id),
				options text not null
			) strict;
			create table if not exists users (
				pool text not null references user_pools (id),
				sub text not null,
				email text not null,
				status text not null,
				password_hash text,
				attributes text not null,
				created_at integer not null,
				updated_at integer not null,
				primary key (pool, sub),
				constraint one_account_per_address unique (pool, email)
			) strict;
			create table if not exists user_codes (
				pool text not null,
				sub text not null,
				purpose text not null,
				hash text not null,
				attempts integer not null default 0,
				expires_at integer not null,
				primary key (pool, sub, purpose),
				foreign key (pool, sub) references users (pool, sub) on delete cascade
			) strict`);
	}

	/** By id, whether there is such a pool or not. */
	arn(id: string): string {
		return this.#state.arn("cognito-idp", `userpool/${id}`);
	}

	/** Creates the pool, or gives an existing one these settings. `id` like `eu-central-1_AbCdEfGhI`. */
	ensurePool(
		id: string,
		options: UserPoolOptions,
	): { arn: string; providerUrl: string; providerName: string } {
		this.#state
			.sql(
				"insert into user_pools values (?, ?) on conflict (id) do update set options = excluded.options",
			)
			.run(id, JSON.stringify(options));
		this.tokens.ensureKey(id);
		const providerUrl = this.issuer(id);
		return {
			arn: this.arn(id),
			providerUrl,
			providerName: providerUrl.replace(/^https?:\/\//, ""),
		};
	}

	ensureClient(pool: string, id: string, options: UserPoolClientOptions): void {
		this.pool(pool);
		this.#state
			.sql(
				"insert into user_pool_clients values (?, ?, ?) on conflict (id) do update set options = excluded.options",
			)
			.run(id, pool, JSON.stringify(options));
	}

	jwks(pool: string): { keys: JsonWebKey[] } {
		return this.tokens.jwks(pool);
	}

	issuer(pool: string): string {
		return `${this.#endpoint()}/${pool}`;
	}

	/** @throws AwsError `ResourceNotFoundException` */
	pool(id: string): UserPoolOptions {
		const row = this.#state
			.sql("select options from user_pools where id = ?")
			.get(id) as { options: string } | undefined;
		if (!row) {
			throw new AwsError(
				"ResourceNotFoundException",
				`User pool ${id} does not exist.`,
			);
		}
		return JSON.parse(row.options);
	}

	/** @throws AwsError `ResourceNotFoundException` */
	client(id: string): UserPoolClient {
		const row = this.#state
			.sql("select pool, options from user_pool_clients where id = ?")
			.get(id) as { pool: string; options: string } | undefined;
		if (!row) {
			throw new AwsError(
				"ResourceNotFoundException",
				`User pool client ${id} does not exist.`,
			);
		}
		return {
			idTokenSeconds: 3_600,
			accessTokenSeconds: 3_600,
			refreshTokenSeconds: (30 * day) / 1_000,
			preventUserExistenceErrors: true,
			...JSON.parse(row.options),
			id,
			pool: row.pool,
		};
	}

	/** By address in any case, or `sub`. */
	findUser(pool: string, username: string): User | undefined {
		const row = this.#state
			.sql(
				`select ${userColumns} from users where pool = ? and (email = ? or sub = ?)`,
			)
			.get(pool, username.toLowerCase(), username);
		return row && toUser(row);
	}

	listUsers(pool: string): User[] {
		this.pool(pool);
		return this.#state
			.sql(
				`select ${userColumns} from users where pool = ? order by created_at, sub`,
			)
			.all(pool)
			.map(toUser);
	}

	/** @throws AwsError `UsernameExistsException` */
	async createUser(
		pool: string,
		email: string,
		password: string,
		attributes: Record<string, string>,
		status: UserStatus,
	): Promise<User> {
		const passwordHash = await hashPassword(password);
		const sub = randomUUID();
		const now = this.#state.now();
		const { changes } = this.#state
			.sql(
				"insert into users values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (pool, email) do nothing",
			)
			.run(
				pool,
				sub,
				email.toLowerCase(),
				status,
				passwordHash,
				JSON.stringify({ email_verified: "false", ...attributes, email }),
				now,
				now,
			);
		if (changes === 0) {
			throw new AwsError(
				"UsernameExistsException",
				"An account with the given email already exists.",
			);
		}
		return this.findUser(pool, sub) as User;
	}

	/** Who signed in with the old password has to do so again. */
	async setPassword(
		user: User,
		password: string,
		status: UserStatus,
	): Promise<void> {
		const passwordHash = await hashPassword(password);
		this.#update({ ...user, passwordHash, status });
		this.tokens.revokeAll(user.pool, user.sub);
	}

	confirm(user: User): void {
		const { autoVerifyEmail } = this.pool(user.pool);
		this.#update({
			...user,
			status: "CONFIRMED",
			attributes: autoVerifyEmail
				? { ...user.attributes, email_verified: "true" }
				: user.attributes,
		});
	}

	deleteUser(user: User): void {
		this.#state
			.sql("delete from users where pool = ? and sub = ?")
			.run(user.pool, user.sub);
		this.tokens.revokeAll(user.pool, user.sub);
	}

	/** A new code takes the place of the last. */
	newCode(
		user: User,
		purpose: CodePurpose,
		code = String(randomInt(1_000_000)).padStart(6, "0"),
	): string {
		this.#state
			.sql("replace into user_codes values (?, ?, ?, ?, 0, ?)")
			.run(
				user.pool,
				user.sub,
				purpose,
				hashCode(code),
				this.#state.now() + codeLife[purpose],
			);
		return code;
	}

	/** Uses up the code. @throws AwsError `CodeMismatchException`, `ExpiredCodeException`, `LimitExceededException` */
	takeCode(user: User, purpose: CodePurpose, code: string): void {
		const key = [user.pool, user.sub, purpose];
		const found = this.#state
			.sql(
				`update user_codes set attempts = attempts + 1 where pool = ? and sub = ? and purpose = ?
				returning hash, attempts, expires_at as expiresAt`,
			)
			.get(...key) as
			| { hash: string; attempts: number; expiresAt: number }
			| undefined;
		if (!found || found.expiresAt <= this.#state.now()) {
			throw new AwsError(
				"ExpiredCodeException",
				"Invalid code provided, please request a code again.",
			);
		}
		if (found.attempts > codeAttempts) {
			throw new AwsError(
				"LimitExceededException",
				"Attempt limit exceeded, please try after some time.",
			);
		}
		if (found.hash !== hashCode(code)) {
			throw new AwsError(
				"CodeMismatchException",
				"Invalid verification code provided, please try again.",
			);
		}
		this.#state
			.sql("delete from user_codes where pool = ? and sub = ? and purpose = ?")
			.run(...key);
	}

	#update(user: User): void {
		this.#state
			.sql(
				"update users set status = ?, password_hash = ?, attributes = ?, updated_at = ? where pool = ? and sub = ?",
			)
			.run(
				user.status,
				user.passwordHash,
				JSON.stringify(user.attributes),
				this.#state.now(),
				user.pool,
				user.sub,
			);
	}
}

function toUser(row: Record<string, unknown>): User {
	const attributes = JSON.parse(row.attributes as string);
	return {
		...row,
		attributes: { sub: row.sub, ...attributes },
	} as User;
}

function hashCode(code: string): string {
	return createHash("sha256").update(code).digest("base64url");
}
