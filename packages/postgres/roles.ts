import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type pg from "pg";
import { type DatabaseCredentials, inTransaction, queryRows } from "./database.ts";
import { sql } from "./sql.ts";

/** Any number but that of migrations, the same for every run. */
const lockId = 7_241_866;

const extensions = ["vector", "pg_trgm", "btree_gin", "unaccent"];

/**
 * Creates the extensions, and the two roles with the passwords of their secrets, which only the master user may.
 * The application's role may read and write rows, the migration's role may change the schema. Safe to repeat.
 */
export async function prepareDatabase(
	master: pg.Client,
	roles: { application: DatabaseCredentials; migration: DatabaseCredentials },
): Promise<void> {
	await inTransaction(master, async () => {
		await waitForOthers(master);
		for (const name of extensions) {
			await master.query(`create extension if not exists ${name}`);
		}
		await ensureRole(master, roles.application);
		await ensureRole(master, roles.migration);
		await runQuoted(master, "revoke all on database %I from public", await databaseName(master));
		for (const { username } of [roles.application, roles.migration]) {
			await runQuoted(master, "grant connect on database %I to %I", await databaseName(master), username);
		}
		await runQuoted(master, "grant usage, create on schema public to %I", roles.migration.username);
		await runQuoted(master, "grant usage on schema public to %I", roles.application.username);
	});
}

/** Gives the application's role the rows of every table but the migrations' own. Run as the tables' owner. */
export async function grantRows(owner: pg.Client, application: string): Promise<void> {
	await inTransaction(owner, async () => {
		await waitForOthers(owner);
		await runQuoted(owner, "grant select, insert, update, delete on all tables in schema public to %I", application);
		await runQuoted(owner, "revoke all on migrations from %I", application);
	});
}

/** Locks until the transaction ends: two grants on one table at once fail with "tuple concurrently updated". */
async function waitForOthers(client: pg.Client): Promise<void> {
	await queryRows(client, sql`select pg_advisory_xact_lock(${lockId})`);
}

async function ensureRole(master: pg.Client, { username, password }: DatabaseCredentials): Promise<void> {
	const rows = await queryRows(master, sql`select from pg_roles where rolname = ${username}`);
	if (rows.length === 0) {
		// Roles belong to the whole server, the lock to one database: another may have been faster.
		await master.query("savepoint role");
		try {
			await runQuoted(master, "create role %I", username);
		} catch (error) {
			const { code } = error as { code?: string };
			if (code !== "42710" && code !== "23505") throw error;
			await master.query("rollback to savepoint role");
		}
	}
	await runQuoted(master, "alter role %I with login password %L", username, scramVerifier(password));
}

async function databaseName(master: pg.Client): Promise<string> {
	const [row] = await queryRows<{ name: string }>(master, sql`select current_database() as name`);
	return row?.name ?? "";
}

/** Runs a statement whose names and passwords cannot be bound as values: the server quotes them. */
async function runQuoted(client: pg.Client, template: string, ...values: string[]): Promise<void> {
	const [row] = await queryRows<{ text: string }>(
		client,
		sql`select format(${template}, variadic ${values}::text[]) as text`,
	);
	await client.query(row?.text ?? "");
}

/**
 * Computes what PostgreSQL stores of a password (RFC 5803). Sent in its place, it keeps the password out of the
 * statement and of the server's log.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
	const iterations = 4096;
	const salted = pbkdf2Sync(password.normalize("NFKC"), salt, iterations, 32, "sha256");
	const hmac = (text: string) => createHmac("sha256", salted).update(text).digest();
	const stored = createHash("sha256").update(hmac("Client Key")).digest();
	const server = hmac("Server Key");
	return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${stored.toString("base64")}:${server.toString("base64")}`;
}
