import type { Health } from "#core/ports/index.ts";
import type { Database } from "./database.ts";

/** Checks that PostgreSQL answers. */
export function postgresHealth(db: Database): Health {
	return {
		async check() {
			await db.query("select 1");
		},
	};
}
