import { secretReader } from "#aws/secrets.ts";
import { connectDatabase, type Database } from "#postgres/database.ts";
import type { GroupEnv } from "./env.ts";

/** The application's database, as the function's variables describe it. Connects at the first query. */
export function databaseOf(env: GroupEnv<"database">): Database {
	const secret = secretReader();
	return connectDatabase({
		host: env.DATABASE_HOST,
		port: Number(env.DATABASE_PORT),
		database: env.DATABASE_NAME,
		tls: env.DATABASE_TLS,
		credentials: (options) => secret(env.DATABASE_SECRET_ARN, options),
	});
}
