import { secretReader } from "#aws/secrets.ts";
import { connectDatabase, type Database } from "#postgres/database.ts";
import type { GroupEnv } from "./env.ts";
import { log } from "./log.ts";

/** Returns the application's database by a function's variables. It connects at the first query. */
export function databaseFrom(env: GroupEnv<"database">): Database {
	const secret = secretReader();
	return connectDatabase({
		host: env.DATABASE_HOST,
		port: Number(env.DATABASE_PORT),
		database: env.DATABASE_NAME,
		tls: env.DATABASE_TLS,
		credentials: (options) => secret(env.DATABASE_SECRET_ARN, options),
		onConnectionError: (error) =>
			log.warn("database connection failed", { error }, { metrics: { DatabaseConnectionErrors: 1 } }),
	});
}
