import { randomUUID } from "node:crypto";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { Codes } from "./codes.ts";
import { Groups } from "./groups.ts";
import { hashPassword } from "./passwords.ts";
import { SoftwareTokens } from "./software-tokens.ts";
import { type JsonWebKey, Tokens } from "./tokens.ts";
import { type CreationRequest, type InvokeTrigger, preSignUp } from "./triggers.ts";
import type { User, UserPoolClient, UserPoolClientOptions, UserPoolOptions, UserStatus } from "./user-pool.ts";

const userColumns = `pool, sub, status, password_hash as passwordHash, attributes, created_at as createdAt, updated_at as updatedAt,
	(pool, sub) not in (select pool, sub from disabled_users) as enabled`;

/** Stores user pools, their clients and their users. */
export class UserPools {
	readonly codes: Codes;
	readonly groups: Groups;
	readonly tokens: Tokens;
	readonly softwareTokens: SoftwareTokens;
	readonly deliverCode: (email: string, code: string) => void;
	readonly #state: State;
	readonly #endpoint: () => string;
	readonly #invokeTrigger: InvokeTrigger;

	constructor(
		state: State,
		hooks: {
			/** Replaces the e-mail. */
			deliverCode(email: string, code: string): void;
			/** @default the APIs' address */
			endpoint?: () => string;
			/** A pool with a trigger needs it. */
			invokeTrigger?: InvokeTrigger;
		},
	) {
		this.#state = state;
		this.deliverCode = hooks.deliverCode;
		this.#endpoint = hooks.endpoint ?? (() => state.endpoint);
		this.#invokeTrigger =
			hooks.invokeTrigger ?? (() => Promise.reject(new Error("No function runs beside this user pool.")));
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
			create table if not exists disabled_users (
				pool text not null,
				sub text not null,
				primary key (pool, sub),
				foreign key (pool, sub) references users (pool, sub) on delete cascade
			) strict`);
		this.groups = new Groups(state);
		this.tokens = new Tokens(state, this.groups);
		this.codes = new Codes(state);
		this.softwareTokens = new SoftwareTokens(state);
	}

	/** Returns the ARN for an id, even if there is no such pool. */
	arn(id: string): string {
		return this.#state.arn("cognito-idp", `userpool/${id}`);
	}

	/** Creates the pool or changes its settings. @param id like `eu-central-1_AbCdEfGhI` */
	ensurePool(id: string, options: UserPoolOptions): { arn: string; providerUrl: string; providerName: string } {
		this.#state
			.sql("insert into user_pools values (?, ?) on conflict (id) do update set options = excluded.options")
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
			.sql("insert into user_pool_clients values (?, ?, ?) on conflict (id) do update set options = excluded.options")
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
		const row = this.#state.sql("select options from user_pools where id = ?").get(id) as
			| { options: string }
			| undefined;
		if (!row) {
			throw new AwsError("ResourceNotFoundException", `User pool ${id} does not exist.`);
		}
		return JSON.parse(row.options);
	}

	/** @throws AwsError `ResourceNotFoundException` */
	client(id: string): UserPoolClient {
		const row = this.#state.sql("select pool, options from user_pool_clients where id = ?").get(id) as
			| { pool: string; options: string }
			| undefined;
		if (!row) {
			throw new AwsError("ResourceNotFoundException", `User pool client ${id} does not exist.`);
		}
		return {
			idTokenSeconds: 3_600,
			accessTokenSeconds: 3_600,
			refreshTokenSeconds: 30 * 86_400,
			refreshTokenGraceSeconds: null,
			preventUserExistenceErrors: true,
			...JSON.parse(row.options),
			id,
			pool: row.pool,
		};
	}

	/** Finds a user by address, in any case, or by `sub`. */
	findUser(pool: string, username: string): User | undefined {
		const row = this.#state
			.sql(`select ${userColumns} from users where pool = ? and (email = ? or sub = ?)`)
			.get(pool, username.toLowerCase(), username);
		return row && toUser(row);
	}

	listUsers(pool: string): User[] {
		this.pool(pool);
		return this.#state
			.sql(`select ${userColumns} from users where pool = ? order by created_at, sub`)
			.all(pool)
			.map(toUser);
	}

	/** @throws AwsError `UsernameExistsException`, or the refusal of the pool's trigger */
	async createUser(
		pool: string,
		email: string,
		password: string,
		attributes: Record<string, string>,
		status: UserStatus,
		request: CreationRequest,
	): Promise<User> {
		const sub = randomUUID();
		const { preSignUp: functionArn } = this.pool(pool);
		if (functionArn) {
			await preSignUp(this.#invokeTrigger, this.#state, {
				pool,
				poolArn: this.arn(pool),
				functionArn,
				userName: sub,
				attributes: { ...attributes, email },
				request,
			});
		}
		const passwordHash = await hashPassword(password);
		const now = this.#state.now();
		const { changes } = this.#state
			.sql("insert into users values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (pool, email) do nothing")
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
			throw new AwsError("UsernameExistsException", "An account with the given email already exists.");
		}
		return this.findUser(pool, sub) as User;
	}

	/** Sets the password and ends every session that began with the old one. */
	async setPassword(user: User, password: string, status: UserStatus): Promise<void> {
		const passwordHash = await hashPassword(password);
		this.#update({ ...user, passwordHash, status });
		this.tokens.revokeAll(user.pool, user.sub);
	}

	confirm(user: User): void {
		const { autoVerifyEmail } = this.pool(user.pool);
		this.#update({
			...user,
			status: "CONFIRMED",
			attributes: autoVerifyEmail ? { ...user.attributes, email_verified: "true" } : user.attributes,
		});
	}

	/** Lets a user sign in again, or ends every session and lets them no more. */
	enable(user: User, enabled: boolean): void {
		const { pool, sub } = user;
		if (enabled) {
			this.#state.sql("delete from disabled_users where pool = ? and sub = ?").run(pool, sub);
		} else {
			this.#state.sql("insert into disabled_users values (?, ?) on conflict do nothing").run(pool, sub);
			this.tokens.revokeAll(pool, sub);
		}
	}

	/** Ends every session of a user. */
	signOut(user: User): void {
		this.tokens.revokeAll(user.pool, user.sub);
	}

	deleteUser(user: User): void {
		this.#state.sql("delete from users where pool = ? and sub = ?").run(user.pool, user.sub);
		this.tokens.revokeAll(user.pool, user.sub);
	}

	#update(user: User): void {
		this.#state
			.sql("update users set status = ?, password_hash = ?, attributes = ?, updated_at = ? where pool = ? and sub = ?")
			.run(user.status, user.passwordHash, JSON.stringify(user.attributes), this.#state.now(), user.pool, user.sub);
	}
}

function toUser(row: Record<string, unknown>): User {
	const attributes = JSON.parse(row.attributes as string);
	return {
		...row,
		enabled: row.enabled === 1,
		attributes: { sub: row.sub, ...attributes },
	} as User;
}
