import type { ImageDescription } from "#core/items/analysis.ts";
import type { Golden, ReviewMode } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type AnalysisRow, analysisFromJson, type ItemRow, itemFromRow } from "../rows.ts";
import { sql } from "../sql.ts";

/** The column `entry`. */
interface EntryJson {
	description: ImageDescription;
	source_analysis_ids: string[];
}

/** Conditions on `items`: those that are reviewed. */
const isReviewable = sql`items.analysis_id is not null and items.trashed_at is null`;

const hasMode: Record<ReviewMode, ReturnType<typeof sql>> = {
	all: sql`true`,
	reviewed: sql`golden_entries.item_id is not null`,
	unreviewed: sql`golden_entries.item_id is null`,
};

/** Reviewed analyses in PostgreSQL. */
export function postgresGolden(db: Database): Golden {
	return {
		async list(userId, { mode, limit, offset }) {
			const rows = await db.query<ItemRow & { has_golden: boolean; analyses: AnalysisRow[] }>(
				sql`select items.*, golden_entries.item_id is not null as has_golden, (
				      select coalesce(jsonb_agg(to_jsonb(analyses) order by version desc), '[]')
				      from analyses where user_id = ${userId} and item_id = items.id
				    ) as analyses
				    from items
				    left join golden_entries on golden_entries.user_id = items.user_id and golden_entries.item_id = items.id
				    where items.user_id = ${userId} and ${isReviewable} and ${hasMode[mode]}
				    order by items.created_at desc, items.id desc
				    limit ${limit} offset ${offset}`,
			);
			const [counted] = await db.query<{ total: number }>(
				sql`select count(*)::int as total
				    from items
				    left join golden_entries on golden_entries.user_id = items.user_id and golden_entries.item_id = items.id
				    where items.user_id = ${userId} and ${isReviewable} and ${hasMode[mode]}`,
			);
			const items = rows.map((row) => ({
				item: itemFromRow(row),
				analyses: row.analyses.map(analysisFromJson),
				hasGolden: row.has_golden,
			}));
			return { items, total: counted?.total ?? 0 };
		},

		async count(userId) {
			const [counted] = await db.query<{ items: number; reviewed: number }>(
				sql`select count(*)::int as items, count(golden_entries.item_id)::int as reviewed
				    from items
				    left join golden_entries on golden_entries.user_id = items.user_id and golden_entries.item_id = items.id
				    where items.user_id = ${userId} and ${isReviewable}`,
			);
			return counted ?? { items: 0, reviewed: 0 };
		},

		async find(userId, itemId) {
			const [row] = await db.query<{ entry: EntryJson; reviewed_at: Date }>(
				sql`select entry, reviewed_at from golden_entries where user_id = ${userId} and item_id = ${itemId}`,
			);
			if (!row) return null;
			const { description, source_analysis_ids: sourceAnalysisIds } = row.entry;
			return { itemId, description, sourceAnalysisIds, reviewedAt: row.reviewed_at };
		},

		async save(userId, { itemId, description, sourceAnalysisIds, reviewedAt }) {
			const entry: EntryJson = { description, source_analysis_ids: sourceAnalysisIds };
			const saved = await db.query(
				sql`insert into golden_entries (user_id, item_id, entry, reviewed_at)
				    select user_id, id, ${JSON.stringify(entry)}::jsonb, ${reviewedAt}::timestamptz
				    from items where user_id = ${userId} and id = ${itemId} and ${isReviewable}
				    on conflict (user_id, item_id) do update set entry = excluded.entry, reviewed_at = excluded.reviewed_at
				    returning item_id`,
			);
			return saved.length > 0;
		},
	};
}
