import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type pg from "pg";
import { type DatabaseCredentials, inTransaction, queryRows } from "./database.ts";
import { sql } from "./sql.ts";

/** Any numbers but that of migrations, the same for every run. */
const lockId = 7_241_866;
const rotationLockId = 7_241_867;

export const extensions = ["vector", "pg_trgm", "btree_gin", "unaccent"];

/**
 * A role has two logins that take turns, itself and its clone: a new password is given to the one that the secret does not
 * name, so that the password in use stays valid. Each session acts as the role, whichever login began it.
 */
const cloneSuffix = "_clone";

/** Returns the role of a login. */
export const roleOf = (login: string): string => login.replace(new RegExp(`${cloneSuffix}$`), "");

/** Returns the other login of the same role. */
export const otherLogin = (login: string): string => {
	const role = roleOf(login);
	return login === role ? `${role}${cloneSuffix}` : role;
};

/**
 * Creates the extensions, and the two roles with the logins of their secrets, which only the master user may.
 * The application's role may read and write rows, the migration's role may change the schema. Safe to repeat.
 */
export async function prepareDatabase(
	master: pg.Client,
	logins: { application: DatabaseCredentials; migration: DatabaseCredentials },
): Promise<void> {
	const [application, migration] = [roleOf(logins.application.username), roleOf(logins.migration.username)];
	await inTransaction(master, async () => {
		await waitForOthers(master);
		for (const name of extensions) {
			await master.query(`create extension if not exists ${name}`);
		}
		await ensureLogin(master, logins.application);
		await ensureLogin(master, logins.migration);
		await runQuoted(master, "revoke all on database %I from public", await databaseName(master));
		for (const role of [application, migration]) {
			await runQuoted(master, "grant connect on database %I to %I", await databaseName(master), role);
		}
		await runQuoted(master, "grant usage, create on schema public to %I", migration);
		await runQuoted(master, "grant usage on schema public to %I", application);
	});
}

/** Gives a login its password, and creates it where it is the first. Run as the master. */
export async function setPassword(master: pg.Client, login: DatabaseCredentials): Promise<void> {
	await inTransaction(master, async () => {
		await waitForOthers(master);
		await ensureLogin(master, login);
	});
}

/** Locks until the connection ends: of two rotations at once, one could store a password that the other has replaced. */
export async function waitForOtherRotations(master: pg.Client): Promise<void> {
	await queryRows(master, sql`select pg_advisory_lock(${rotationLockId})`);
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

async function ensureLogin(master: pg.Client, { username, password }: DatabaseCredentials): Promise<void> {
	const role = roleOf(username);
	await ensureRole(master, role);
	if (username !== role) {
		await ensureRole(master, username);
		await runQuoted(master, "grant %I to %I", role, username);
		// What the session creates belongs to the role, and grants and policies see the role.
		await runQuoted(master, "alter role %I set role to %L", username, role);
	}
	await runQuoted(master, "alter role %I with login password %L", username, scramVerifier(password));
}

async function ensureRole(master: pg.Client, role: string): Promise<void> {
	const rows = await queryRows(master, sql`select from pg_roles where rolname = ${role}`);
	if (rows.length > 0) return;
	// Roles belong to the whole server, the lock to one database: another may have been faster.
	await master.query("savepoint role");
	try {
		await runQuoted(master, "create role %I", role);
	} catch (error) {
		const { code } = error as { code?: string };
		if (code !== "42710" && code !== "23505") throw error;
		await master.query("rollback to savepoint role");
	}
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
