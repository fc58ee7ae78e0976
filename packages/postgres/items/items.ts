import { tooManyPending, unknownCursor } from "#core/errors.ts";
import { localText } from "#core/items/taken-at.ts";
import type { ItemFilter, Items } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type ItemRow, itemFromRow } from "../rows.ts";
import { type Sql, sql } from "../sql.ts";
import { storableText } from "../text.ts";
import { itemWithAnalysis, shownCategory, type WholeItemRow, wholeItem, withCurrentAnalysis } from "./whole-item.ts";

/** Items in PostgreSQL. */
export function postgresItems(db: Database): Items {
	const current = async (userId: string, itemId: string) => {
		const [row] = await db.query<ItemRow>(sql`select * from items where user_id = ${userId} and id = ${itemId}`);
		return row ? itemFromRow(row) : null;
	};

	const count: Items["count"] = async (userId, filter) => {
		const [counted] = await db.query<{ total: number }>(
			sql`select count(*)::int as total
			    from items ${withCurrentAnalysis}
			    where items.user_id = ${userId} and ${isMeant(filter)}`,
		);
		return counted?.total ?? 0;
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

		async list(userId, { limit, offset, cursor, sort = "newest", ...filter }) {
			const after = cursor === undefined ? null : decodeCursor(cursor);
			const isAfterCursor = !after
				? sql`true`
				: sort === "newest"
					? sql`(items.created_at, items.id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`
					: sql`(items.created_at, items.id) > (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
			const order =
				sort === "newest" ? sql`items.created_at desc, items.id desc` : sql`items.created_at asc, items.id asc`;
			// One row more than the page shows whether there is a next one.
			const rows = await db.query<WholeItemRow>(
				sql`select ${wholeItem}
				    from items ${withCurrentAnalysis}
				    where items.user_id = ${userId} and ${isMeant(filter)}
				      and ${isAfterCursor}
				    order by ${order}
				    limit ${limit + 1} offset ${after ? 0 : offset}`,
			);
			const page = rows.slice(0, limit).map(itemWithAnalysis);
			const last = page.at(-1);
			return {
				items: page,
				total: await count(userId, filter),
				nextCursor: rows.length > limit && last ? encodeCursor(last.item) : null,
			};
		},

		count,

		async ids(userId, filter, limit) {
			const rows = await db.query<{ id: string }>(
				sql`select items.id
				    from items
				    left join analyses on analyses.id = items.analysis_id and analyses.user_id = items.user_id
				    where items.user_id = ${userId} and ${isMeant(filter)}
				    order by items.created_at desc, items.id desc
				    limit ${limit}`,
			);
			return rows.map(({ id }) => id);
		},

		async categories(userId) {
			return db.query<{ category: string; items: number }>(
				sql`select ${shownCategory} as category, count(*)::int as items
				    from items
				    join analyses on analyses.id = items.analysis_id and analyses.user_id = items.user_id
				    where items.user_id = ${userId}
				    group by ${shownCategory}
				    order by count(*) desc, ${shownCategory}
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

		async delete(userId, itemId) {
			const deleted = await db.query(
				sql`with gone as (
				      delete from items where user_id = ${userId} and id = ${itemId} returning id, user_id
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

/** Conditions on `items`, joined with the current `analyses`. Where it was taken, the local day counts. */
function isMeant({ category, status, from, to, dates = "uploaded", ids, album, and }: ItemFilter): Sql {
	const isWithin =
		dates === "taken"
			? sql`(${from ?? null}::text is null or items.taken_at_local >= ${from ? localText(from) : null})
			      and (${to ?? null}::text is null or items.taken_at_local < ${to ? localText(to) : null})`
			: sql`(${from ?? null}::timestamptz is null or items.created_at >= ${from ?? null})
			      and (${to ?? null}::timestamptz is null or items.created_at < ${to ?? null})`;
	return sql`(items.status = ${status ?? null} or (${status ?? null}::text is null and items.status <> 'pending'))
	      and (${category ?? null}::text is null or lower(${shownCategory}) = lower(${category ?? null}))
	      and ${isWithin}
	      ${ids ? sql`and items.id = any(${ids}::uuid[])` : sql``}
	      ${
					album
						? sql`and exists (select from album_items
	              where album_items.user_id = items.user_id and album_items.album_id = ${album} and album_items.item_id = items.id)`
						: sql``
				}
	      ${and ? sql`and ${isMeant(and)}` : sql``}`;
}

function isRealTime(text: string): boolean {
	const time = new Date(text);
	return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

function encodeCursor({ createdAt, id }: { createdAt: Date; id: string }) {
	return Buffer.from(`${createdAt.toISOString()} ${id}`).toString("base64url");
}

const cursorPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

function decodeCursor(cursor: string): { createdAt: string; id: string } {
	const text = Buffer.from(cursor, "base64url").toString();
	const [, createdAt, id] = cursorPattern.exec(text) ?? [];
	// The Date rolls 30 February over to March; PostgreSQL would refuse it.
	if (!createdAt || !id || !isRealTime(createdAt)) throw unknownCursor();
	return { createdAt, id };
}
