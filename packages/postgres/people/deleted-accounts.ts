import type { DeletedAccounts } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type Sql, sql } from "../sql.ts";

/** A statement deletes so many items with all that hangs on them in a second. */
const itemsAtOnce = 200;
/** The request that marks an account works on it for less. */
const firstLookSeconds = 60;

/** A condition: the person did not delete the account. */
export const isKept = (userId: string): Sql => sql`not exists (select from deleted_accounts where user_id = ${userId})`;

/** Deleted accounts in PostgreSQL. */
export function postgresDeletedAccounts(db: Database): DeletedAccounts {
	return {
		async mark(userId) {
			const marked = await db.query(
				sql`insert into deleted_accounts (user_id, due_at)
				    values (${userId}, clock_timestamp() + make_interval(secs => ${firstLookSeconds}))
				    on conflict (user_id) do nothing
				    returning user_id`,
			);
			return marked.length > 0;
		},

		async isDeleted(userId) {
			const [row] = await db.query<{ kept: boolean }>(sql`select ${isKept(userId)} as kept`);
			return row?.kept === false;
		},

		async isEmptied(userId) {
			const found = await db.query(
				sql`select user_id from deleted_accounts where user_id = ${userId} and emptied_at is not null`,
			);
			return found.length > 0;
		},

		async deleteRows(userId) {
			// Before the items: nobody is told that those are deleted.
			await db.query(sql`delete from webhooks where user_id = ${userId}`);
			await db.query(sql`delete from verifications where user_id = ${userId}`);
			const items = await db.query<{ id: string }>(
				sql`select id from items where user_id = ${userId} limit ${itemsAtOnce}`,
			);
			if (items.length > 0) {
				const ids = items.map(({ id }) => id);
				// Texts first, in one statement: it counts the words of all of them at once.
				await db.query(sql`delete from documents where user_id = ${userId} and item_id = any(${ids}::uuid[])`);
				await db.query(sql`delete from embeddings where user_id = ${userId} and item_id = any(${ids}::uuid[])`);
				await db.query(sql`delete from items where user_id = ${userId} and id = any(${ids}::uuid[])`);
				return true;
			}
			await db.query(sql`delete from albums where user_id = ${userId}`);
			await db.query(sql`delete from jobs where user_id = ${userId}`);
			await db.query(sql`delete from shares where user_id = ${userId}`);
			await db.query(sql`delete from words where user_id = ${userId}`);
			await db.query(sql`delete from vector_partitions where user_id = ${userId}`);
			await db.query(sql`delete from tombstones where user_id = ${userId}`);
			await db.query(sql`delete from chat_redactions where user_id = ${userId}`);
			await db.query(sql`delete from recent_claims where user_id = ${userId}`);
			await db.query(sql`delete from model_usage where user_id = ${userId}`);
			await db.query(
				sql`delete from subscriptions where customer_id in (select customer_id from payers where user_id = ${userId})`,
			);
			await db.query(sql`delete from payers where user_id = ${userId}`);
			await db.query(sql`delete from profiles where user_id = ${userId}`);
			return false;
		},

		async markEmptied(userId) {
			await db.query(
				sql`update deleted_accounts set emptied_at = coalesce(emptied_at, clock_timestamp()) where user_id = ${userId}`,
			);
		},

		async claimDue({ againSeconds, limit }) {
			const rows = await db.query<{ user_id: string; deleted_at: Date }>(
				sql`with due as (
				      select user_id from deleted_accounts
				      where due_at <= clock_timestamp()
				      order by due_at
				      limit ${limit}
				      for update skip locked
				    )
				    update deleted_accounts set due_at = clock_timestamp() + make_interval(secs => ${againSeconds})
				    from due
				    where deleted_accounts.user_id = due.user_id
				    returning deleted_accounts.user_id, deleted_at`,
			);
			return rows.map((row) => ({ userId: row.user_id, deletedAt: row.deleted_at }));
		},

		async finish(userId) {
			await db.query(sql`delete from deleted_accounts where user_id = ${userId}`);
		},
	};
}
