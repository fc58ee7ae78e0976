import type { PGlite } from "@electric-sql/pglite";

/** Who uses PGlite's one session, and with which settings. */
export interface SessionUser {
	role: string;
	/** As given at the connection's start. */
	settings: Record<string, string>;
	/** The Parse messages of statements that it prepared by name. @default none yet */
	prepared?: Map<string, Uint8Array>;
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
	#activeRole: SessionUser | null = null;
	readonly #queue: { user: SessionUser; go: () => void }[] = [];
	#transaction = "I";
	/** Whether PGlite waits for the rest of an exchange. */
	#open = false;
	/** Names of prepared statements that PGlite has now, all of them the dressed user's. */
	readonly #preparedNames = new Set<string>();

	constructor(db: PGlite) {
		this.#db = db;
	}

	/** Sends one message of a user and gives what PGlite answers. */
	async exchange(user: SessionUser, message: Uint8Array): Promise<Uint8Array> {
		await this.#acquire(user);
		try {
			this.#open = true;
			const refused = await this.#prepareAgain(user, message);
			const answer = refused ?? (await this.#db.execProtocolRaw(message));
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
			await new Promise<void>((go) => this.#queue.push({ user, go }));
		} else this.#owner = user;
		if (this.#activeRole === user) return;
		this.#activeRole = null;
		try {
			// Statements, settings, temporary tables and locks of the one before are gone.
			await this.#db.exec("discard all");
			this.#preparedNames.clear();
			const settings = Object.entries(user.settings).map(
				([name, value]) => `set ${name} = ${quoted(value)};`,
			);
			await this.#db.exec(
				`set session authorization ${quoted(user.role)}; ${settings.join(" ")}`,
			);
			this.#activeRole = user;
		} catch (error) {
			this.#release();
			throw error;
		}
	}

	/**
	 * Remembers what a user prepares by name, and prepares it once more where another user's turn has ended it.
	 * Gives PGlite's answer where that is an error.
	 */
	async #prepareAgain(
		user: SessionUser,
		message: Uint8Array,
	): Promise<Uint8Array | null> {
		const type = String.fromCharCode(message[0] as number);
		const name = statementIn(type, message);
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

/** The prepared statement that a Parse, Bind, Describe or Close message names, or "". */
function statementIn(type: string, message: Uint8Array): string {
	const textAt = (start: number) => {
		const end = message.indexOf(0, start);
		return Buffer.from(message.subarray(start, end)).toString();
	};
	const body = 5; // after the type and the length
	if (type === "P") return textAt(body);
	if (type === "B") return textAt(message.indexOf(0, body) + 1); // the portal stands first
	const isStatement = message[body] === "S".charCodeAt(0);
	return (type === "D" || type === "C") && isStatement ? textAt(body + 1) : "";
}

export const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
