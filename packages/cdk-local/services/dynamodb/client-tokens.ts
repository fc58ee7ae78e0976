import type { State } from "../../state.ts";

/** DynamoDB recognises a repeated transaction for ten minutes. */
const lifetimeMilliseconds = 10 * 60_000;

/** Stores the client tokens of transactions, so that a retry writes nothing again. */
export class ClientTokens {
	readonly #state: State;

	constructor(state: State) {
		this.#state = state;
		state.db.exec(`
			create table if not exists dynamodb_tokens (
				token text primary key,
				request text not null,
				answered_at integer not null
			) strict`);
	}

	/** Returns the digest of the transaction that came with the token, if it is recent. */
	find(token: string): string | undefined {
		const row = this.#state
			.sql("select request from dynamodb_tokens where token = ? and answered_at > ?")
			.get(token, this.#state.now() - lifetimeMilliseconds) as { request: string } | undefined;
		return row?.request;
	}

	save(token: string, requestDigest: string): void {
		const now = this.#state.now();
		this.#state.sql("delete from dynamodb_tokens where answered_at <= ?").run(now - lifetimeMilliseconds);
		this.#state.sql("insert into dynamodb_tokens values (?, ?, ?)").run(token, requestDigest, now);
	}
}
