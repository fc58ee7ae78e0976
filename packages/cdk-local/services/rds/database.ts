import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PortRegistry } from "../../ports.ts";

export interface DatabaseOptions {
	stateDir: string;
	ports: PortRegistry;
	/** A native Postgres to use instead of PGlite, `postgres://user:password@host:port/name`. */
	url: string | null;
	log(line: string): void;
}

export interface MasterUser {
	username: string;
	password: string;
}

/** Beyond this PGlite is taken for broken. It opens in 0.3 s, and makes a new database in 3 s. */
const startSeconds = 60;

/** The Postgres behind the templates' DB instance: PGlite in a process of its own, or a native one. */
export class Database {
	readonly #options: DatabaseOptions;
	readonly #native: URL | null;
	#wanted = false;
	#process: ChildProcess | null = null;
	#address: { host: string; port: number } | null = null;
	#name = "";
	#master: MasterUser | null = null;
	/** The database's name in the templates. */
	#templateName: string | null = null;

	constructor(options: DatabaseOptions) {
		this.#options = options;
		this.#native = options.url === null ? null : new URL(options.url);
	}

	/** What RDS would generate and keep as the master's secret; a native Postgres has its own. */
	masterSecret(username: string, password: string): MasterUser {
		const native = this.#native;
		if (!native) return { username, password };
		return {
			username: decodeURIComponent(native.username || "postgres"),
			password: decodeURIComponent(native.password),
		};
	}

	/** Tells one Postgres from another where something durable belongs to it. */
	get identity(): string {
		return this.#native?.href ?? "pglite";
	}

	async start(
		name: string,
		master: MasterUser,
	): Promise<{ host: string; port: number }> {
		if (this.#templateName !== null) {
			throw new Error("the local cloud runs one database, and there is one");
		}
		this.#templateName = name;
		this.#master = master;
		if (this.#native) {
			this.#name = decodeURIComponent(this.#native.pathname.slice(1)) || name;
			return {
				host: this.#native.hostname,
				port: Number(this.#native.port || 5432),
			};
		}
		this.#name = name;
		const port = await this.#options.ports.take("postgres");
		this.#address = { host: "127.0.0.1", port };
		await this.resume();
		return this.#address;
	}

	/**
	 * The variables (or outputs) of a template as they are true here: a native Postgres brings its
	 * database's name, which templates have as a literal, since RDS gives it no attribute.
	 */
	renameIn<T>(values: Record<string, T>): Record<string, T | string> {
		if (this.#name === this.#templateName) return values;
		return Object.fromEntries(
			Object.entries(values).map(([key, value]) => [
				key,
				/^database_?name$/i.test(key) && value === this.#templateName
					? this.#name
					: value,
			]),
		);
	}

	/** Starts PGlite (again). */
	async resume(): Promise<void> {
		if (!this.#address || this.#process) return;
		this.#wanted = true;
		const folder = join(this.#options.stateDir, "pgdata");
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		const child = fork(
			fileURLToPath(
				new URL(`pglite-process${extname(import.meta.url)}`, import.meta.url),
			),
			[folder, this.#name, String(this.#address.port)],
			{
				stdio: ["ignore", "pipe", "pipe", "ipc"],
				env: { ...process.env, MASTER_USER: JSON.stringify(this.#master) },
			},
		);
		this.#process = child;
		let said = "";
		for (const stream of [child.stdout, child.stderr]) {
			stream?.on("data", (chunk: Buffer) => {
				said = (said + chunk.toString()).slice(-2_000);
			});
		}
		const ready = Promise.withResolvers<void>();
		const late = setTimeout(
			() => ready.reject(new Error(`PGlite did not start: ${said}`)),
			startSeconds * 1000,
		);
		child.once("message", () => ready.resolve());
		child.once("exit", (code, signal) => {
			ready.reject(
				new Error(`PGlite ended (${signal ?? code}) at its start: ${said}`),
			);
			this.#process = null;
			if (!this.#wanted) return;
			this.#options.log(`PGlite ended (${signal ?? code}), starting it again.`);
			setTimeout(() => {
				if (!this.#wanted) return;
				this.resume().catch((error) => this.#options.log(String(error)));
			}, 500);
		});
		try {
			await ready.promise;
		} catch (error) {
			// What does not start the first time would not the second.
			this.#wanted = false;
			child.kill("SIGKILL");
			throw error;
		} finally {
			clearTimeout(late);
		}
	}

	/** Ends PGlite; a native Postgres is not ours to end. */
	async stop(): Promise<void> {
		this.#wanted = false;
		const child = this.#process;
		if (!child) return;
		const ended = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGTERM");
		const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
		await ended;
		clearTimeout(late);
	}
}
