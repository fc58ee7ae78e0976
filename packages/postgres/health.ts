import type { Health } from "#core/ports/index.ts";
import type { Database } from "./database.ts";
import { sql } from "./sql.ts";

/** Checks that PostgreSQL answers. */
export function postgresHealth(db: Database): Health {
	return {
		async check() {
			await db.query(sql`select 1`);
		},
	};
}
