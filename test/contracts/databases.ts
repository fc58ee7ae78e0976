import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { btree_gin } from "@electric-sql/pglite/contrib/btree_gin";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { vector } from "@electric-sql/pglite-pgvector";
import { afterAll } from "vitest";
import { servePglite } from "#cdk-local/services/rds/pglite-server.ts";
import { openPgliteCopy } from "#cdk-local/testing/pglite.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { migrateDatabase } from "#lambdas/migrate/migrate-database.ts";
import { connectDatabase, type Database, type DatabaseAddress, type DatabaseCredentials } from "#postgres/database.ts";
import type { Migrated } from "#postgres/migrate.ts";
import { otherLogin } from "#postgres/roles.ts";

export const migrations = join(import.meta.dirname, "../../migrations");

/** A test's own empty database. */
export interface EmptyDatabase {
	address: DatabaseAddress;
	master: DatabaseCredentials;
	application: DatabaseCredentials;
	migration: DatabaseCredentials;
	migrate(directory?: string): Promise<Migrated>;
	/** Connects as the application's role. */
	connect(maxConnections?: number): Database;
	/** Removes every row, so that what one test left neither waits for turns in the next nor is scanned by it. */
	clear(): Promise<void>;
	drop(): Promise<void>;
}

interface DatabaseKind {
	/** For titles, with the reason if it is skipped. */
	title: string;
	skip: boolean;
	/** Two sessions run at once. */
	concurrent: boolean;
	create(): Promise<EmptyDatabase>;
	/** A database with every migration applied. */
	createMigrated(): Promise<EmptyDatabase>;
}

const nativeUrl = process.env.TEST_DATABASE_URL;

export const pglite: DatabaseKind = {
	title: "PGlite",
	skip: false,
	concurrent: false,
	create: () => createPglite(newRoles()),
	createMigrated: createMigratedPglite,
};

export const native: DatabaseKind = {
	title: nativeUrl ? "native PostgreSQL" : "native PostgreSQL (skipped: TEST_DATABASE_URL is not set)",
	skip: !nativeUrl,
	concurrent: true,
	create: createNative,
	async createMigrated() {
		const database = await createNative();
		await database.migrate();
		return database;
	},
};

/** The database that the contracts run on: native if there is one. The system tests always run on PGlite. */
export const contractDatabase: DatabaseKind = native.skip ? pglite : native;

/** Creates a migrated database, which is dropped after the tests of the file that calls this. */
export async function migratedDatabase(): Promise<EmptyDatabase> {
	const database = await contractDatabase.createMigrated();
	afterAll(() => database.drop());
	return database;
}

/** A worker migrates one PGlite, and its databases begin as copies. */
let migratedPglite: Promise<{ roles: Roles; folder: string }> | undefined;

async function createMigratedPglite(): Promise<EmptyDatabase> {
	migratedPglite ??= (async () => {
		const roles = newRoles();
		const { folder, close, ...database } = await createPglite(roles);
		process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
		await database.migrate();
		await close();
		return { roles, folder };
	})();
	const { roles, folder } = await migratedPglite;
	return createPglite(roles, folder);
}

async function createPglite(roles: Roles, from?: string) {
	const { db, folder, remove } = await openPgliteCopy({ extensions: { vector, pg_trgm, btree_gin, unaccent } }, from);
	const master = { username: "postgres", password: "made-for-this-test" };
	await db.exec(`alter role postgres password '${master.password}'`);
	const server = await servePglite(db);
	const database = emptyDatabase(
		{
			host: "127.0.0.1",
			port: server.port,
			database: "postgres",
			tls: "off",
		},
		master,
		roles,
		async () => {
			await server.close();
			await remove();
		},
	);
	const close = async () => {
		await server.close();
		await db.close();
	};
	return { ...database, folder, close };
}

async function createNative(): Promise<EmptyDatabase> {
	const url = new URL(nativeUrl ?? "");
	const master = {
		username: decodeURIComponent(url.username),
		password: decodeURIComponent(url.password),
	};
	const server: DatabaseAddress = {
		host: url.hostname,
		port: Number(url.port || 5432),
		database: url.pathname.slice(1),
		tls: "off",
	};
	const name = `test_${randomUUID().replaceAll("-", "")}`;
	await withClient(server, master, async (client) => {
		await client.query(`create database ${name}`);
		// No test ends the server: none needs its commits to be on the disk.
		await client.query(`alter database ${name} set synchronous_commit = off`);
	});
	const roles = newRoles();
	return emptyDatabase({ ...server, database: name }, master, roles, () =>
		withClient(server, master, async (client) => {
			await client.query(`drop database ${name} with (force)`);
			const logins = [roles.application, roles.migration].flatMap(({ username }) => [username, otherLogin(username)]);
			await client.query(`drop role if exists ${logins.join()}`);
		}),
	);
}

function emptyDatabase(
	address: DatabaseAddress,
	master: DatabaseCredentials,
	{ application, migration }: Roles,
	dropDatabase: () => Promise<void>,
): EmptyDatabase {
	const opened: Database[] = [];
	return {
		address,
		master,
		application,
		migration,
		migrate: (directory = migrations) => migrateDatabase({ address, master, application, migration, directory }),
		connect(maxConnections) {
			const database = connectDatabase({
				...address,
				credentials: async () => application,
				maxConnections,
			});
			opened.push(database);
			return database;
		},
		async clear() {
			await withClient(address, master, async (client) => {
				const { rows } = await client.query<{ tables: string }>(
					`select string_agg(format('%I', tablename), ', ') as tables from pg_tables
					 where schemaname = 'public' and tablename <> 'migrations'`,
				);
				await client.query(`truncate ${rows[0]?.tables}`);
			});
		},
		async drop() {
			await Promise.all(opened.map((database) => database.close()));
			await dropDatabase();
		},
	};
}

type Roles = Pick<EmptyDatabase, "application" | "migration">;

/** Roles belong to the whole server, so each database has its own. */
function newRoles(): Roles {
	const id = randomUUID().slice(0, 8);
	return {
		application: { username: `app_${id}`, password: `application-${id}` },
		migration: { username: `mig_${id}`, password: `migration-${id}` },
	};
}

/**
 * Vacuums tables, as their owner. A vacuum takes no row for visible to all whose commit is not on the disk, and test databases
 * do not wait for that: a commit that does comes first.
 */
export async function vacuum({ address, migration }: EmptyDatabase, tables: string): Promise<void> {
	await withClient(address, migration, async (client) => {
		await client.query("set synchronous_commit = on");
		await client.query(`analyze ${tables}`);
		await client.query(`vacuum analyze ${tables}`);
	});
}
