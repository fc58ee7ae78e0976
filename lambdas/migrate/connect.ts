import type pg from "pg";
import { secretReader } from "#aws/secrets.ts";
import type { Env } from "#lambda-kit/env.ts";
import { clientConfig, type DatabaseAddress, type DatabaseCredentials } from "#postgres/database.ts";
import type { migrateEnv } from "./env.ts";

export interface MigrationInputs {
	address: DatabaseAddress;
	master: DatabaseCredentials;
	application: DatabaseCredentials;
	migration: DatabaseCredentials;
	/** The folder of the numbered SQL files. */
	directory: string;
}

type MigrateEnv = Env<typeof migrateEnv>;

/** Reads the three secrets at every call, since each is rotated. */
export async function readInputs(env: MigrateEnv, directory: string): Promise<MigrationInputs> {
	const read = secretReader();
	const [master, application, migration] = await Promise.all([
		read(env.MASTER_SECRET_ARN),
		read(env.APPLICATION_SECRET_ARN),
		read(env.MIGRATION_SECRET_ARN),
	]);
	return { address: addressIn(env), master, application, migration, directory };
}

/** Returns what a rotation takes: the migration's secret first, since a run that repeats it disturbs no function. */
export async function rotationInputs(env: MigrateEnv) {
	const { writeSecret } = await import("#aws/secret-writer.ts");
	return {
		address: addressIn(env),
		master: await secretReader()(env.MASTER_SECRET_ARN),
		secrets: [env.MIGRATION_SECRET_ARN, env.APPLICATION_SECRET_ARN].map((arn) => ({
			read: () => secretReader()(arn),
			write: (login: DatabaseCredentials) => writeSecret(arn, login),
		})),
	};
}

function addressIn(env: MigrateEnv): DatabaseAddress {
	return {
		host: env.DATABASE_HOST,
		port: Number(env.DATABASE_PORT),
		database: env.DATABASE_NAME,
		tls: env.DATABASE_TLS,
	};
}

/** One connection for one piece of work. */
export async function withClient<T>(
	address: DatabaseAddress,
	credentials: DatabaseCredentials,
	work: (client: pg.Client) => Promise<T>,
): Promise<T> {
	const { default: driver } = await import("pg");
	const client = new driver.Client({
		...(await clientConfig(address, credentials)),
		// A migration may build an index over every row; the function's own timeout bounds it.
		options: "-c statement_timeout=0",
		query_timeout: 0,
	});
	// A connection that breaks fails the statement under way; without a listener it ends the process.
	client.on("error", () => {});
	await client.connect();
	try {
		return await work(client);
	} finally {
		await client.end().catch(() => {});
	}
}
