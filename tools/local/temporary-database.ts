import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { PortRegistry } from "#cdk-local/ports.ts";
import { Database as LocalDatabase } from "#cdk-local/services/rds/store.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { migrateDatabase } from "#lambdas/migrate/migrate-database.ts";
import { connectDatabase, type Database, type DatabaseAddress, type DatabaseCredentials } from "#postgres/database.ts";

/** A migrated database for one bench or one evaluation. */
export interface TemporaryDatabase {
	title: string;
	address: DatabaseAddress;
	master: DatabaseCredentials;
	/** The tables' owner, who may vacuum them. */
	owner: DatabaseCredentials;
	/** Connected as the application's role, with one connection. */
	application: Database;
	drop(): Promise<void>;
}

/** @param url of a native Postgres and its master user; null for PGlite in a process of its own */
export async function temporaryDatabase(directory: string, url: string | null): Promise<TemporaryDatabase> {
	const name = `temporary_${randomUUID().replaceAll("-", "")}`;
	const postgres = new LocalDatabase({
		stateDir: directory,
		ports: new PortRegistry(directory),
		url,
		log: (line) => console.error(line),
	});
	const master = postgres.masterSecret("postgres", randomUUID());
	const server = await postgres.start(name, master);
	const address = { ...server, database: name, tls: "off" };
	const maintenance = url && {
		...address,
		database: decodeURIComponent(new URL(url).pathname.slice(1)) || "postgres",
	};
	if (maintenance) {
		await withClient(maintenance, master, (client) => client.query(`create database ${name}`));
	}
	const application = { username: `${name}_app`, password: randomUUID() };
	const owner = { username: `${name}_owner`, password: randomUUID() };
	await migrateDatabase({
		address,
		master,
		application,
		migration: owner,
		directory: join(import.meta.dirname, "../../migrations"),
	});
	const connected = connectDatabase({
		...address,
		credentials: async () => application,
		maxConnections: 1,
	});
	const version = await connected.query<{ version: string }>("select current_setting('server_version') as version");
	return {
		title: `${url ? "PostgreSQL" : "PGlite, PostgreSQL"} ${version[0]?.version.split(" ")[0]}`,
		address,
		master,
		owner,
		application: connected,
		async drop() {
			await connected.close();
			if (maintenance) {
				await withClient(maintenance, master, async (client) => {
					await client.query(`drop database ${name} with (force)`);
					await client.query(`drop role ${application.username}, ${owner.username}`);
				});
			}
			await postgres.stop();
		},
	};
}
