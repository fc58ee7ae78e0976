import { beforeDeadline } from "#core/before-deadline.ts";
import { AppError } from "#core/errors.ts";
import type { Health } from "#core/ports/index.ts";
import type { Database } from "./database.ts";

/** A load balancer or a monitor gives up after a few seconds, so a hanging database must show sooner. */
const maxMs = 2_000;

/** Checks that PostgreSQL answers within two seconds, the wait for a connection included. */
export function postgresHealth(db: Database): Health {
	return {
		async check() {
			const rows = await beforeDeadline(new Date(Date.now() + maxMs), db.query({ text: "select 1", maxMs }));
			if (rows) return;
			throw new AppError("database_unavailable", `The database has not answered within ${maxMs / 1_000} seconds.`);
		},
	};
}
