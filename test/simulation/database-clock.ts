import type { Database } from "#postgres/database.ts";

/** Makes the rows of users older: the database's own clock cannot be set. */
export async function ageRows(db: Database, userIds: string[], seconds: number): Promise<void> {
	const columns = {
		items: ["lease_expires_at", "stage_at", "swept_at", "arrived_at", "created_at"],
		requests: ["touched_at", "swept_at", "created_at", "finished_at"],
		outbox: ["created_at"],
		tombstones: ["deleted_at", "swept_at"],
	};
	for (const [table, names] of Object.entries(columns)) {
		const older = names.map((name) => `${name} = ${name} - make_interval(secs => $2)`).join();
		await db.query(`update ${table} set ${older} where user_id = any($1)`, [userIds, seconds]);
	}
}
