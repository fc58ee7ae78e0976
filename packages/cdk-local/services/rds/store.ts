import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { PortRegistry } from "../../ports.ts";

interface DatabaseOptions {
	stateDir: string;
	ports: PortRegistry;
	/** A native PostgreSQL instead of PGlite, `postgres://user:password@host:port/name`. */
	url: string | null;
	log(line: string): void;
}

interface MasterUser {
	username: string;
	password: string;
}

/** PGlite opens in 0.3 s and creates a database in 3 s; a later start counts as failed. */
const maxStartSeconds = 120;
const firstPauseMs = 500;
const maxPauseMs = 30_000;

/** RDS's words for the states of an instance that occur here. */
export type DatabaseStatus = "starting" | "available" | "stopping" | "stopped";

/** The PostgreSQL behind the templates' DB instance: PGlite in a process of its own, or a native one. */
export class Database {
	readonly #options: DatabaseOptions;
	readonly #native: URL | null;
	#shouldRun = false;
	/** PGlite takes connections. */
	#ready = false;
	#process: ChildProcess | null = null;
	#restart: NodeJS.Timeout | undefined;
	#address: { host: string; port: number } | null = null;
	#name = "";
	#master: MasterUser | null = null;
	/** The instance's name; null until the template has created it. */
	identifier: string | null = null;
	/** The database's name in the template. */
	#templateName: string | null = null;

	constructor(options: DatabaseOptions) {
		this.#options = options;
		this.#native = options.url === null ? null : new URL(options.url);
	}

	/** Returns the master user's secret, which RDS would generate; a native PostgreSQL has its own. */
	masterSecret(username: string, password: string): MasterUser {
		const native = this.#native;
		if (!native) return { username, password };
		return {
			username: decodeURIComponent(native.username || "postgres"),
			password: decodeURIComponent(native.password),
		};
	}

	/** Identifies this PostgreSQL in state that belongs to it. */
	get identity(): string {
		return this.#native?.href ?? "pglite";
	}

	/** Nobody but its owner stops a native PostgreSQL. */
	get isNative(): boolean {
		return this.#native !== null;
	}

	get status(): DatabaseStatus {
		if (this.#native) return "available";
		if (this.#shouldRun) return this.#ready ? "available" : "starting";
		return this.#process ? "stopping" : "stopped";
	}

	async start(name: string, master: MasterUser, identifier = name): Promise<{ host: string; port: number }> {
		if (this.#templateName !== null) {
			throw new Error("cdk-local runs one DB instance, and the templates have two");
		}
		this.identifier = identifier;
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
	 * Replaces the database's name in variables or outputs by that of a native PostgreSQL:
	 * templates hold the name as a literal, since RDS has no attribute for it.
	 */
	renameIn<T>(values: Record<string, T>): Record<string, T | string> {
		if (this.#name === this.#templateName) return values;
		return Object.fromEntries(
			Object.entries(values).map(([key, value]) => [
				key,
				/^database_?name$/i.test(key) && value === this.#templateName ? this.#name : value,
			]),
		);
	}

	/** Starts PGlite where it is not running, and from then on again whenever it ends. @throws where it does not start */
	async resume(): Promise<void> {
		if (!this.#address || this.#process) return;
		clearTimeout(this.#restart);
		this.#shouldRun = true;
		try {
			await this.#launch(this.#address.port);
		} catch (error) {
			// What fails at once would fail again.
			this.#shouldRun = false;
			throw error;
		}
	}

	/** Runs PGlite's process until it is ready. */
	async #launch(port: number): Promise<void> {
		const folder = join(this.#options.stateDir, "pgdata");
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		const child = fork(
			fileURLToPath(new URL(`pglite-process${extname(import.meta.url)}`, import.meta.url)),
			[folder, this.#name, String(port)],
			{
				stdio: ["ignore", "pipe", "pipe", "ipc"],
				env: { ...process.env, MASTER_USER: JSON.stringify(this.#master) },
			},
		);
		this.#process = child;
		let output = "";
		for (const stream of [child.stdout, child.stderr]) {
			stream?.on("data", (chunk: Buffer) => {
				output = (output + chunk.toString()).slice(-2_000);
			});
		}
		let isReady = false;
		const ready = Promise.withResolvers<void>();
		const deadline = setTimeout(
			() => ready.reject(new Error(`PGlite did not start: ${output}`)),
			maxStartSeconds * 1000,
		);
		child.once("message", () => ready.resolve());
		const ended = () => {
			if (this.#process !== child) return;
			this.#process = null;
			this.#ready = false;
		};
		// No process was started, and there is no "exit".
		child.once("error", (error) => {
			ready.reject(error);
			ended();
		});
		child.once("exit", (code, signal) => {
			ready.reject(new Error(`PGlite ended (${signal ?? code}) while it started: ${output}`));
			ended();
			// Whoever started a process that was not ready yet learns of it by the rejection.
			if (isReady) this.#restartLater(`PGlite ended (${signal ?? code}).`);
		});
		try {
			await ready.promise;
			isReady = true;
			this.#ready = this.#process === child;
		} catch (error) {
			child.kill("SIGKILL");
			throw error;
		} finally {
			clearTimeout(deadline);
		}
	}

	/** Starts PGlite again after a pause, which doubles while that fails: whatever ended it may last a while. */
	#restartLater(reason: string, pauseMs = firstPauseMs): void {
		const { port } = this.#address ?? {};
		if (!this.#shouldRun || port === undefined) return;
		this.#options.log(`${reason} It is started again in ${pauseMs / 1000} s.`);
		this.#restart = setTimeout(() => {
			this.#launch(port).catch((error) => this.#restartLater(String(error.message), Math.min(2 * pauseMs, maxPauseMs)));
		}, pauseMs);
	}

	/** Ends PGlite; a native PostgreSQL keeps running. */
	async stop(): Promise<void> {
		this.#shouldRun = false;
		clearTimeout(this.#restart);
		const child = this.#process;
		if (!child) return;
		const ended = new Promise((resolve) => child.once("exit", resolve));
		child.kill("SIGTERM");
		const deadline = setTimeout(() => child.kill("SIGKILL"), 10_000);
		await ended;
		clearTimeout(deadline);
	}
}
