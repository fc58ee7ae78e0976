import { AppError } from "#core/errors.ts";
import type { Items, ItemWithAnalysis } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type AnalysisRow, analysisFromRow, type ItemRow, itemFromRow } from "../rows.ts";
import { storableText } from "../text.ts";

interface ItemWithAnalysisRow extends ItemRow {
	analysis: AnalysisRow | null;
}

/** Items in PostgreSQL. */
export function postgresItems(db: Database): Items {
	const current = async (userId: string, itemId: string) => {
		const [row] = await db.query<ItemRow>("select * from items where user_id = $1 and id = $2", [userId, itemId]);
		return row ? itemFromRow(row) : null;
	};

	return {
		async create(item) {
			// The conflicting row may be deleted before it is read: then the insert is tried again.
			for (let attempt = 1; attempt <= 3; attempt++) {
				const [created] = await db.query<ItemRow>(
					`insert into items (id, user_id, original_filename, mime_type, file_size, sha256, correlation_id)
					 values ($1, $2, $3, $4, $5, $6, $7)
					 on conflict do nothing
					 returning *`,
					[
						item.id,
						item.userId,
						storableText(item.originalFilename),
						item.mimeType,
						item.fileSize,
						item.sha256,
						item.correlationId,
					],
				);
				if (created) return { item: itemFromRow(created), created: true };
				const [existing] = await db.query<ItemRow>(
					`select * from items
					 where user_id = $1 and (sha256 = $2 or id = $3)
					 order by sha256 = $2 desc nulls last
					 limit 1`,
					[item.userId, item.sha256, item.id],
				);
				if (existing) return { item: itemFromRow(existing), created: false };
			}
			throw new Error(`The id ${item.id} is in use by an item of another user.`);
		},

		async find(userId, itemId) {
			const [row] = await db.query<ItemWithAnalysisRow>(
				`select items.*, to_jsonb(analyses) as analysis
				 from items
				 left join analyses on analyses.id = items.analysis_id and analyses.user_id = items.user_id
				 where items.user_id = $1 and items.id = $2`,
				[userId, itemId],
			);
			return row ? withAnalysis(row) : null;
		},

		async list(userId, { category, status, limit, offset, cursor }) {
			const after = cursor === undefined ? null : decodeCursor(cursor);
			// One row more than the page shows whether there is a next one.
			const rows = await db.query<ItemWithAnalysisRow>(
				`select items.*, to_jsonb(analyses) as analysis
				 from items
				 left join analyses on analyses.id = items.analysis_id and analyses.user_id = items.user_id
				 where items.user_id = $1
				   and (items.status = $2 or ($2::text is null and items.status <> 'pending'))
				   and ($3::text is null or analyses.category = $3)
				   and ($4::timestamptz is null or (items.created_at, items.id) < ($4, $5::uuid))
				 order by items.created_at desc, items.id desc
				 limit $6 offset $7`,
				[
					userId,
					status ?? null,
					category ?? null,
					after?.createdAt ?? null,
					after?.id ?? null,
					limit + 1,
					after ? 0 : offset,
				],
			);
			const [counted] = await db.query<{ total: number }>(
				`select count(*)::int as total
				 from items
				 left join analyses on analyses.id = items.analysis_id and analyses.user_id = items.user_id
				 where items.user_id = $1
				   and (items.status = $2 or ($2::text is null and items.status <> 'pending'))
				   and ($3::text is null or analyses.category = $3)`,
				[userId, status ?? null, category ?? null],
			);
			const page = rows.slice(0, limit).map(withAnalysis);
			const last = page.at(-1);
			return {
				items: page,
				total: counted?.total ?? 0,
				nextCursor: rows.length > limit && last ? encodeCursor(last.item) : null,
			};
		},

		async categories(userId) {
			return db.query<{ category: string; items: number }>(
				`select analyses.category, count(*)::int as items
				 from items
				 join analyses on analyses.id = items.analysis_id and analyses.user_id = items.user_id
				 where items.user_id = $1
				 group by analyses.category
				 order by count(*) desc, analyses.category
				 limit 100`,
				[userId],
			);
		},

		async reopen(userId, itemId, { mimeType, fileSize }) {
			const [row] = await db.query<ItemRow>(
				`update items set status = 'pending', mime_type = $3, file_size = $4,
				   error_code = null, error_detail = null, duplicate_of = null, attempts = 0,
				   lease_stage = null, lease_token = null, lease_expires_at = null,
				   stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
				 where user_id = $1 and id = $2 and status in ('pending', 'failed')
				   and (lease_expires_at is null or lease_expires_at <= clock_timestamp())
				 returning *`,
				[userId, itemId, mimeType, fileSize],
			);
			return row ? itemFromRow(row) : null;
		},

		async markUploaded(userId, itemId) {
			// A lease on a pending item stays: its holder goes on.
			await db.query(
				`update items set status = 'uploaded',
				   stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
				 where user_id = $1 and id = $2 and status = 'pending'`,
				[userId, itemId],
			);
			return current(userId, itemId);
		},

		async restart(userId, itemId) {
			await db.query(
				`update items set status = 'uploaded', error_code = null, error_detail = null, duplicate_of = null,
				   attempts = 0, stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
				 where user_id = $1 and id = $2 and status = 'failed'`,
				[userId, itemId],
			);
			return current(userId, itemId);
		},

		async delete(userId, itemId) {
			const deleted = await db.query(
				`with gone as (delete from items where user_id = $1 and id = $2 returning id, user_id)
				 insert into tombstones (item_id, user_id) select id, user_id from gone
				 on conflict (user_id, item_id) do update set deleted_at = clock_timestamp()
				 returning item_id`,
				[userId, itemId],
			);
			return deleted.length > 0;
		},
	};
}

/** Times inside jsonb are text. */
function withAnalysis(row: ItemWithAnalysisRow): ItemWithAnalysis {
	const { analysis } = row;
	return {
		item: itemFromRow(row),
		latestAnalysis:
			analysis &&
			analysisFromRow({
				...analysis,
				created_at: new Date(analysis.created_at),
			}),
	};
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
	if (!createdAt || !id || !isRealTime(createdAt)) {
		throw new AppError(
			"invalid_request",
			"The cursor is not one that this list gave: leave it out to start from the newest item.",
		);
	}
	return { createdAt, id };
}
