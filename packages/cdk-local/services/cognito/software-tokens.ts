import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { newSecret, stepOf } from "./totp.ts";
import type { User } from "./user-pool.ts";

interface SoftwareToken {
	/** Null until its first code is verified. */
	secret: string | null;
	/** Replaces the secret once a code of it is verified. */
	pending: string | null;
	isEnabled: 0 | 1;
}

/** Stores the authenticator apps of users. */
export class SoftwareTokens {
	readonly #state: State;

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
			create table if not exists software_tokens (
				pool text not null,
				sub text not null,
				secret text,
				pending text,
				is_enabled integer not null default 0,
				-- of the last code, since none is valid twice
				last_step integer not null default 0,
				primary key (pool, sub),
				foreign key (pool, sub) references users (pool, sub) on delete cascade
			) strict`);
	}

	/** Begins to set up an app. One that the user has already stays valid until `verify`. @returns its secret */
	associate({ pool, sub }: User): string {
		const secret = newSecret();
		this.#state
			.sql(
				`insert into software_tokens (pool, sub, pending) values (?, ?, ?)
				on conflict (pool, sub) do update set pending = excluded.pending`,
			)
			.run(pool, sub, secret);
		return secret;
	}

	/** Ends the set-up by the app's first code. @throws AwsError `EnableSoftwareTokenMFAException` */
	verify(user: User, code: string): void {
		const { pending } = this.#find(user) ?? {};
		const step = pending ? stepOf(pending, code, this.#state.now()) : undefined;
		if (step === undefined) throw new AwsError("EnableSoftwareTokenMFAException", "Code mismatch");
		this.#state
			.sql("update software_tokens set secret = pending, pending = null, last_step = ? where pool = ? and sub = ?")
			.run(step, user.pool, user.sub);
	}

	/** @throws AwsError `CodeMismatchException`, `ExpiredCodeException` for a code that was used */
	use(user: User, code: string): void {
		const { secret } = this.#find(user) ?? {};
		const step = secret ? stepOf(secret, code, this.#state.now()) : undefined;
		if (step === undefined) throw new AwsError("CodeMismatchException", "Invalid code received for user");
		const { changes } = this.#state
			.sql("update software_tokens set last_step = ? where pool = ? and sub = ? and last_step < ?")
			.run(step, user.pool, user.sub, step);
		if (changes === 0) throw new AwsError("ExpiredCodeException", "Your software token has already been used once.");
	}

	/** @throws AwsError `InvalidParameterException` where no app was verified */
	prefer(user: User, isEnabled: boolean): void {
		if (isEnabled && !this.isVerified(user)) {
			throw new AwsError("InvalidParameterException", "User has not verified software token mfa");
		}
		this.#state
			.sql("update software_tokens set is_enabled = ? where pool = ? and sub = ?")
			.run(Number(isEnabled), user.pool, user.sub);
	}

	isVerified(user: User): boolean {
		return typeof this.#find(user)?.secret === "string";
	}

	isEnabled(user: User): boolean {
		return this.#find(user)?.isEnabled === 1;
	}

	#find({ pool, sub }: User): SoftwareToken | undefined {
		return this.#state
			.sql("select secret, pending, is_enabled as isEnabled from software_tokens where pool = ? and sub = ?")
			.get(pool, sub) as SoftwareToken | undefined;
	}
}
