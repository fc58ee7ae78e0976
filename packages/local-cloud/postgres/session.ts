import type { PGlite } from "@electric-sql/pglite";

/** Who uses PGlite's one session, and with which settings. */
export interface SessionUser {
	role: string;
	/** As given at the connection's start. */
	settings: Record<string, string>;
}

const sync = Uint8Array.of("S".charCodeAt(0), 0, 0, 0, 4);

/**
 * PGlite's one session, lent to one user at a time: from the first message of an exchange until PGlite is
 * idle, so a transaction excludes every other user, as does a Parse that waits for its Sync.
 */
export class Session {
	readonly #db: PGlite;
	#owner: SessionUser | null = null;
	/** Whose role and settings the session has now. */
	#dressedFor: SessionUser | null = null;
	readonly #line: { user: SessionUser; go: () => void }[] = [];
	#transaction = "I";
	/** Whether PGlite waits for the rest of an exchange. */
	#open = false;

	constructor(db: PGlite) {
		this.#db = db;
	}

	/** Sends one message of a user and gives what PGlite answers. */
	async exchange(user: SessionUser, message: Uint8Array): Promise<Uint8Array> {
		await this.#acquire(user);
		try {
			this.#open = true;
			const answer = await this.#db.execProtocolRaw(message);
			this.#notice(answer);
			return answer;
		} finally {
			if (!this.#open && this.#transaction === "I") this.#release();
		}
	}

	/** Runs something on PGlite itself, as its superuser, between exchanges. */
	async alone<T>(run: (db: PGlite) => Promise<T>): Promise<T> {
		const user = { role: "postgres", settings: {} };
		await this.#acquire(user);
		try {
			return await run(this.#db);
		} finally {
			this.#release();
		}
	}

	/** A user, whose messages are all answered, is gone: what it had begun is rolled back. */
	async leave(user: SessionUser): Promise<void> {
		if (this.#owner !== user) return;
		try {
			if (this.#open) this.#notice(await this.#db.execProtocolRaw(sync));
			if (this.#transaction !== "I") await this.#db.exec("rollback");
		} finally {
			this.#open = false;
			this.#transaction = "I";
			this.#release();
		}
	}

	async #acquire(user: SessionUser): Promise<void> {
		if (this.#owner === user) return;
		if (this.#owner) {
			await new Promise<void>((go) => this.#line.push({ user, go }));
		} else this.#owner = user;
		if (this.#dressedFor === user) return;
		this.#dressedFor = null;
		try {
			// Statements, settings, temporary tables and locks of the one before are gone.
			await this.#db.exec("discard all");
			const settings = Object.entries(user.settings).map(
				([name, value]) => `set ${name} = ${quoted(value)};`,
			);
			await this.#db.exec(
				`set session authorization ${quoted(user.role)}; ${settings.join(" ")}`,
			);
			this.#dressedFor = user;
		} catch (error) {
			this.#release();
			throw error;
		}
	}

	#release(): void {
		const next = this.#line.shift();
		this.#owner = next?.user ?? null;
		next?.go();
	}

	/** Reads PGlite's state off the last message of its answer. */
	#notice(answer: Uint8Array): void {
		const end = answer.length;
		// ReadyForQuery: `Z`, its length 5, and the state of the transaction.
		if (end < 6 || answer[end - 6] !== "Z".charCodeAt(0)) return;
		if (answer[end - 2] !== 5) return;
		this.#open = false;
		this.#transaction = String.fromCharCode(answer[end - 1] as number);
	}
}

export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
