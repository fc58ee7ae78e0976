import { createHash, randomInt } from "node:crypto";
import { AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { User } from "./user-pool.ts";

/** The step that a code permits. */
export type CodePurpose = "confirm" | "reset" | "new-password" | "totp" | "totp-setup";

const lifetimeMilliseconds: Record<CodePurpose, number> = {
	confirm: 86_400_000,
	reset: 3_600_000,
	"new-password": 180_000,
	totp: 180_000,
	"totp-setup": 180_000,
};
const maxAttempts = 5;

/** Stores the hashes of the codes that users receive. */
export class Codes {
	readonly #state: State;

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
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

	/** Issues a code, which replaces the last one for the purpose. */
	issue(user: User, purpose: CodePurpose, code = String(randomInt(1_000_000)).padStart(6, "0")): string {
		this.#state
			.sql("replace into user_codes values (?, ?, ?, ?, 0, ?)")
			.run(user.pool, user.sub, purpose, hashCode(code), this.#state.now() + lifetimeMilliseconds[purpose]);
		return code;
	}

	/** Consumes the code. @throws AwsError `CodeMismatchException`, `ExpiredCodeException`, `LimitExceededException` */
	consume(user: User, purpose: CodePurpose, code: string): void {
		this.check(user, purpose, code);
		this.#state
			.sql("delete from user_codes where pool = ? and sub = ? and purpose = ?")
			.run(user.pool, user.sub, purpose);
	}

	/** Returns the user who was issued the code; undefined where it is not valid. */
	ownerOf(purpose: CodePurpose, code: string): Pick<User, "pool" | "sub"> | undefined {
		return this.#state
			.sql("select pool, sub from user_codes where purpose = ? and hash = ? and expires_at > ?")
			.get(purpose, hashCode(code), this.#state.now()) as Pick<User, "pool" | "sub"> | undefined;
	}

	/** Counts an attempt, and leaves the code valid. @throws AwsError as `consume` */
	check(user: User, purpose: CodePurpose, code: string): void {
		const key = [user.pool, user.sub, purpose];
		const pending = this.#state
			.sql(
				`update user_codes set attempts = attempts + 1 where pool = ? and sub = ? and purpose = ?
				returning hash, attempts, expires_at as expiresAt`,
			)
			.get(...key) as { hash: string; attempts: number; expiresAt: number } | undefined;
		if (!pending || pending.expiresAt <= this.#state.now()) {
			throw new AwsError("ExpiredCodeException", "Invalid code provided, please request a code again.");
		}
		if (pending.attempts > maxAttempts) {
			throw new AwsError("LimitExceededException", "Attempt limit exceeded, please try after some time.");
		}
		if (pending.hash !== hashCode(code)) {
			throw new AwsError("CodeMismatchException", "Invalid verification code provided, please try again.");
		}
	}
}

function hashCode(code: string): string {
	return createHash("sha256").update(code).digest("base64url");
}
