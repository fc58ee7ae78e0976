import { randomBytes } from "node:crypto";
import type { State } from "../../state.ts";

export interface IssuedCredentials {
	accessKeyId: string;
	secretAccessKey: string;
	sessionToken: string;
}

/** The access keys that sign calls: every function and the operator have their own. */
export class Credentials {
	readonly #state: State;

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
			create table if not exists credentials (
				principal text primary key,
				access_key_id text not null unique,
				secret_access_key text not null,
				session_token text not null
			) strict`);
	}

	/** Returns the keys of a principal, which the first call creates. */
	issue(principal: string): IssuedCredentials {
		this.#state
			.sql("insert into credentials values (?, ?, ?, ?) on conflict (principal) do nothing")
			.run(
				principal,
				`ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
				randomBytes(30).toString("base64url"),
				randomBytes(60).toString("base64url"),
			);
		return this.#state
			.sql(
				`select access_key_id as accessKeyId, secret_access_key as secretAccessKey, session_token as sessionToken
				from credentials where principal = ?`,
			)
			.get(principal) as unknown as IssuedCredentials;
	}

	find(accessKeyId: string): (IssuedCredentials & { principal: string }) | undefined {
		return this.#state
			.sql(
				`select principal, access_key_id as accessKeyId, secret_access_key as secretAccessKey, session_token as sessionToken
				from credentials where access_key_id = ?`,
			)
			.get(accessKeyId) as (IssuedCredentials & { principal: string }) | undefined;
	}
}
