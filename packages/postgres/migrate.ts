import type pg from "pg";
import { inTransaction, queryRows } from "./database.ts";
import { sql } from "./sql.ts";

/** Any number, the same for every run: runs of one database wait for each other. */
const lockId = 7_241_865;

export interface Migrated {
	/** Names of the migrations this run applied, in order. */
	applied: string[];
	/** The newest migration the database now has. */
	version: string;
}

/**
 * Brings the database to the newest migration of `directory`, all in one transaction. Safe to run twice, and
 * by two at once: the second waits and finds nothing to do. PGlite's single session gives no exclusion by
 * advisory locks, but there an open transaction holds every other client back.
 */
export async function migrate(client: pg.Client, directory: string): Promise<Migrated> {
	const { runner } = await import("node-pg-migrate");
	const silent = { debug() {}, info() {}, warn() {}, error() {} };
	return inTransaction(client, async () => {
		await queryRows(client, sql`select pg_advisory_xact_lock(${lockId})`);
		const applied = await runner({
			dbClient: withoutTransactions(client),
			dir: directory,
			direction: "up",
			migrationsTable: "migrations",
			singleTransaction: true,
			noLock: true,
			logger: silent,
		});
		const [newest] = await queryRows<{ name: string }>(
			client,
			sql`select name from migrations order by id desc limit 1`,
		);
		return {
			applied: applied.map(({ name }) => name),
			version: newest?.name ?? "",
		};
	});
}

/** The runner's own `BEGIN` and `COMMIT` would end the transaction that holds the lock. */
function withoutTransactions(client: pg.Client): pg.Client {
	const query = async (text: string, values?: unknown[]) =>
		/^(begin|commit|rollback);?$/i.test(text.trim()) ? { rows: [] } : client.query(text, values);
	return { query } as unknown as pg.Client;
}
