import type { Redactions } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";

/** Redactions in PostgreSQL; the deletion of an item adds them. */
export function postgresRedactions(db: Database): Redactions {
	return {
		async isPending(userId) {
			const [row] = await db.query<{ pending: boolean }>(
				sql`select exists (select from chat_redactions where user_id = ${userId}) as pending`,
			);
			return row?.pending ?? false;
		},

		async claimDue({ againSeconds, limit }) {
			const rows = await db.query<{ user_id: string; item_ids: string[] }>(
				sql`with users as (
				      select user_id from chat_redactions
				      where due_at <= clock_timestamp()
				      group by user_id
				      order by min(due_at)
				      limit ${limit}
				    ), claimed as (
				      update chat_redactions set due_at = clock_timestamp() + make_interval(secs => ${againSeconds})
				      from users
				      where chat_redactions.user_id = users.user_id and due_at <= clock_timestamp()
				      returning chat_redactions.user_id, item_id
				    )
				    select user_id, array_agg(item_id::text) as item_ids from claimed group by user_id`,
			);
			return rows.map((row) => ({ userId: row.user_id, itemIds: row.item_ids }));
		},

		async finish(userId, itemIds) {
			await db.query(sql`delete from chat_redactions where user_id = ${userId} and item_id = any(${itemIds}::uuid[])`);
		},
	};
}
