import type { PGlite } from "@electric-sql/pglite";

/** A connection that uses PGlite's one session. */
export interface SessionUser {
	role: string;
	/** Of its role, and from the connection's startup message. */
	settings: Record<string, string>;
	/** The Parse messages of its named prepared statements. @default none */
	prepared?: Map<string, Uint8Array>;
}

const sync = Uint8Array.of("S".charCodeAt(0), 0, 0, 0, 4);

/**
 * Lends PGlite's one session to one user at a time, from the first message of an exchange until PGlite is idle:
 * a transaction excludes every other user, and so does a Parse that waits for its Sync.
 */
export class Session {
	readonly #db: PGlite;
	#owner: SessionUser | null = null;
	/** The user whose role and settings the session has now. */
	#activeUser: SessionUser | null = null;
	readonly #queue: { user: SessionUser; proceed: () => void }[] = [];
	#transaction = "I";
	/** PGlite waits for the rest of an exchange. */
	#open = false;
	/** Names of the prepared statements in PGlite, all of them the active user's. */
	readonly #preparedNames = new Set<string>();

	constructor(db: PGlite) {
		this.#db = db;
	}

	/** Sends a user's message to PGlite. @returns PGlite's answer */
	async exchange(user: SessionUser, message: Uint8Array): Promise<Uint8Array> {
		await this.#acquire(user);
		try {
			this.#open = true;
			const error = await this.#prepareAgain(user, message);
			const answer = error ?? (await this.#db.execProtocolRaw(message));
			this.#readState(answer);
			return answer;
		} finally {
			if (!this.#open && this.#transaction === "I") this.#release();
		}
	}

	/** Runs queries as PGlite's superuser, between exchanges. */
	async runExclusive<T>(run: (db: PGlite) => Promise<T>): Promise<T> {
		const user = { role: "postgres", settings: {} };
		await this.#acquire(user);
		try {
			return await run(this.#db);
		} finally {
			this.#release();
		}
	}

	/** Rolls back what a disconnected user had begun, once its messages are answered. */
	async leave(user: SessionUser): Promise<void> {
		if (this.#owner !== user) return;
		try {
			if (this.#open) this.#readState(await this.#db.execProtocolRaw(sync));
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
			await new Promise<void>((proceed) => this.#queue.push({ user, proceed }));
		} else this.#owner = user;
		if (this.#activeUser === user) return;
		this.#activeUser = null;
		try {
			// Removes the previous user's statements, settings, temporary tables and locks.
			await this.#db.exec("discard all");
			this.#preparedNames.clear();
			const settings = Object.entries(user.settings).map(
				([name, value]) => `select set_config(${quoted(name)}, ${quoted(value)}, false);`,
			);
			await this.#db.exec(`set session authorization ${quoted(user.role)}; ${settings.join(" ")}`);
			this.#activeUser = user;
		} catch (error) {
			this.#release();
			throw error;
		}
	}

	/**
	 * Remembers a user's named statements, and prepares one again where another user's turn has removed it.
	 * @returns PGlite's answer where that is an error
	 */
	async #prepareAgain(user: SessionUser, message: Uint8Array): Promise<Uint8Array | null> {
		const type = String.fromCharCode(message[0] as number);
		const name = statementName(type, message);
		if (!name) return null;
		user.prepared ??= new Map();
		if (type === "P") {
			user.prepared.set(name, Uint8Array.from(message));
			this.#preparedNames.add(name);
			return null;
		}
		if (type === "C") {
			user.prepared.delete(name);
			this.#preparedNames.delete(name);
			return null;
		}
		const parse = user.prepared.get(name);
		if (!parse || this.#preparedNames.has(name)) return null;
		const answer = await this.#db.execProtocolRaw(parse);
		if (String.fromCharCode(answer[0] as number) === "E") return answer;
		this.#preparedNames.add(name);
		return null;
	}

	#release(): void {
		const next = this.#queue.shift();
		this.#owner = next?.user ?? null;
		next?.proceed();
	}

	/** Reads PGlite's state from the last message of its answer. */
	#readState(answer: Uint8Array): void {
		const end = answer.length;
		// ReadyForQuery: `Z`, its length 5, and the state of the transaction.
		if (end < 6 || answer[end - 6] !== "Z".charCodeAt(0)) return;
		if (answer[end - 2] !== 5) return;
		this.#open = false;
		this.#transaction = String.fromCharCode(answer[end - 1] as number);
	}
}

/** Returns the statement that a Parse, Bind, Describe or Close message names, or "". */
function statementName(type: string, message: Uint8Array): string {
	const textAt = (start: number) => {
		const end = message.indexOf(0, start);
		return Buffer.from(message.subarray(start, end)).toString();
	};
	const body = 5; // after the type and the length
	if (type === "P") return textAt(body);
	if (type === "B") return textAt(message.indexOf(0, body) + 1); // the portal comes first
	const isStatement = message[body] === "S".charCodeAt(0);
	return (type === "D" || type === "C") && isStatement ? textAt(body + 1) : "";
}

export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
