import { tooManyPending } from "#core/errors.ts";
import type { Items } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type ItemRow, itemFromRow } from "../rows.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";
import { shownCategory } from "./item-filter.ts";
import { postgresItemLists } from "./item-lists.ts";
import { itemWithAnalysis, type WholeItemRow, wholeItem, withCurrentAnalysis } from "./whole-item.ts";

/** Items in PostgreSQL. */
export function postgresItems(db: Database): Items {
	const current = async (userId: string, itemId: string) => {
		const [row] = await db.query<ItemRow>(sql`select * from items where user_id = ${userId} and id = ${itemId}`);
		return row ? itemFromRow(row) : null;
	};

	return {
		async create(item, { maxPending } = {}) {
			const hasRoom =
				maxPending === undefined
					? sql`true`
					: sql`(select count(*) < ${maxPending}
					       from (select 1 from items where user_id = ${item.userId} and status = 'pending' limit ${maxPending}) as pending)`;
			// The conflicting row may be deleted before it is read: then the insert is tried again.
			for (let attempt = 1; attempt <= 3; attempt++) {
				const [created] = await db.query<ItemRow>(
					sql`insert into items (id, user_id, original_filename, mime_type, file_size, sha256, correlation_id)
					    select ${item.id}, ${item.userId}, ${storableText(item.originalFilename)}, ${item.mimeType},
					      ${item.fileSize}, ${item.sha256}, ${item.correlationId}
					    where ${hasRoom}
					    on conflict do nothing
					    returning *`,
				);
				if (created) return { item: itemFromRow(created), created: true };
				const [existing] = await db.query<ItemRow>(
					sql`select * from items
					    where user_id = ${item.userId} and (sha256 = ${item.sha256} or id = ${item.id})
					    order by sha256 = ${item.sha256} desc nulls last
					    limit 1`,
				);
				if (existing) return { item: itemFromRow(existing), created: false };
				if (maxPending !== undefined) {
					const [room] = await db.query<{ free: boolean }>(sql`select ${hasRoom} as free`);
					if (!room?.free) throw tooManyPending(maxPending);
				}
			}
			throw new Error(`The id ${item.id} is in use by an item of another user.`);
		},

		async find(userId, itemId) {
			const [row] = await db.query<WholeItemRow>(
				sql`select ${wholeItem}
				    from items ${withCurrentAnalysis}
				    where items.user_id = ${userId} and items.id = ${itemId}`,
			);
			return row ? itemWithAnalysis(row) : null;
		},

		async findAll(userId, itemIds) {
			const rows = await db.query<WholeItemRow>(
				sql`select ${wholeItem}
				    from items ${withCurrentAnalysis}
				    where items.user_id = ${userId} and items.id = any(${itemIds}::uuid[])`,
			);
			return rows.map(itemWithAnalysis);
		},

		async existing(userId, itemIds) {
			const rows = await db.query<{ id: string }>(
				sql`select id from items where user_id = ${userId} and id = any(${itemIds}::uuid[])`,
			);
			return rows.map(({ id }) => id);
		},

		async listed(userId, itemIds) {
			const rows = await db.query<{ id: string }>(
				sql`select id from items
				    where user_id = ${userId} and id = any(${itemIds}::uuid[]) and trashed_at is null`,
			);
			return rows.map(({ id }) => id);
		},

		...postgresItemLists(db),

		async state(userId) {
			// A sum, not the latest time: a change that was made earlier may be committed later.
			const [row] = await db.query<{ state: string }>(
				sql`select concat_ws('-', count(*), sum(hashtextextended(
				      concat_ws(':', id, extract(epoch from updated_at), analysis_id, text_revision, extract(epoch from trashed_at)), 0))) as state
				    from items where user_id = ${userId}`,
			);
			return row?.state ?? "";
		},

		async categories(userId) {
			return db.query<{ category: string; items: number }>(
				sql`select ${shownCategory} as category, count(*)::int as items
				    from items
				    where items.user_id = ${userId} and items.trashed_at is null and ${shownCategory} is not null
				    group by ${shownCategory}
				    order by count(*) desc, category
				    limit 100`,
			);
		},

		async reopen(userId, itemId, { mimeType, fileSize }) {
			const [row] = await db.query<ItemRow>(
				sql`update items set status = 'pending', mime_type = ${mimeType}, file_size = ${fileSize},
				      error_code = null, error_detail = null, duplicate_of = null, attempts = 0,
				      lease_stage = null, lease_token = null, lease_expires_at = null,
				      stage_at = clock_timestamp(), swept_at = null, arrived_at = null, deferred_until = null,
				      updated_at = clock_timestamp()
				    where user_id = ${userId} and id = ${itemId} and status in ('pending', 'failed')
				      and (lease_expires_at is null or lease_expires_at <= clock_timestamp())
				    returning *`,
			);
			return row ? itemFromRow(row) : null;
		},

		async markUploaded(userId, itemId) {
			// A lease on a pending item stays: its holder goes on.
			await db.query(
				sql`update items set status = 'uploaded',
				      stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
				    where user_id = ${userId} and id = ${itemId} and status = 'pending'`,
			);
			return current(userId, itemId);
		},

		async restart(userId, itemId) {
			await db.query(
				sql`update items set status = 'uploaded', error_code = null, error_detail = null, duplicate_of = null,
				      attempts = 0, stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
				    where user_id = ${userId} and id = ${itemId} and status = 'failed'`,
			);
			return current(userId, itemId);
		},

		async trash(userId, itemId) {
			const [row] = await db.query<ItemRow>(
				sql`update items set trashed_at = coalesce(trashed_at, clock_timestamp()),
				      updated_at = case when trashed_at is null then clock_timestamp() else updated_at end
				    where user_id = ${userId} and id = ${itemId}
				    returning *`,
			);
			return row ? itemFromRow(row) : null;
		},

		async restore(userId, itemId) {
			const [row] = await db.query<ItemRow>(
				sql`update items set trashed_at = null,
				      updated_at = case when trashed_at is null then updated_at else clock_timestamp() end
				    where user_id = ${userId} and id = ${itemId}
				    returning *`,
			);
			return row ? itemFromRow(row) : null;
		},

		async trashedBefore(time, limit) {
			const rows = await db.query<{ user_id: string; id: string }>(
				sql`select user_id, id
				    from (
				      select user_id, id, trashed_at, row_number() over (partition by user_id order by trashed_at, id) as turn
				      from items where trashed_at < ${time}
				    ) as expired
				    order by turn, trashed_at
				    limit ${limit}`,
			);
			return rows.map((row) => ({ userId: row.user_id, itemId: row.id }));
		},

		async delete(userId, itemId, { trashedBefore } = {}) {
			const isExpired = trashedBefore ? sql`trashed_at < ${trashedBefore}` : sql`true`;
			const deleted = await db.query(
				sql`with gone as (
				      delete from items where user_id = ${userId} and id = ${itemId} and ${isExpired} returning id, user_id
				    ), redaction as (
				      insert into chat_redactions (item_id, user_id) select id, user_id from gone
				      on conflict (user_id, item_id) do update set due_at = excluded.due_at
				    )
				    insert into tombstones (item_id, user_id) select id, user_id from gone
				    on conflict (user_id, item_id) do update set deleted_at = clock_timestamp()
				    returning item_id`,
			);
			return deleted.length > 0;
		},
	};
}
