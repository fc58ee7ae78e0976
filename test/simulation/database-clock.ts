import type { Database } from "#postgres/database.ts";

/** Makes the rows of users, or of all, older: the database's own clock cannot be set. */
export async function ageRows(db: Database, userIds: string[] | null, seconds: number): Promise<void> {
	const columns = {
		items: ["lease_expires_at", "stage_at", "swept_at", "arrived_at", "deferred_until", "created_at"],
		requests: ["touched_at", "swept_at", "deferred_until", "created_at", "finished_at"],
		outbox: ["created_at"],
		tombstones: ["deleted_at", "swept_at"],
		recent_claims: ["busy_since", "claimed_at"],
	};
	for (const [table, names] of Object.entries(columns)) {
		const older = names.map((name) => `${name} = ${name} - make_interval(secs => $2)`).join();
		await db.query(`update ${table} set ${older} where $1::text[] is null or user_id = any($1)`, [userIds, seconds]);
	}
}
