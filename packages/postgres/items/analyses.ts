import type { Analyses } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type AnalysisRow, analysisFromRow } from "../rows.ts";
import { sql } from "../sql.ts";

/** Analyses in PostgreSQL; only a stage's commit writes them. */
export function postgresAnalyses(db: Database): Analyses {
	return {
		async find(userId, analysisId) {
			const [row] = await db.query<AnalysisRow>(
				sql`select * from analyses where user_id = ${userId} and id = ${analysisId}`,
			);
			return row ? analysisFromRow(row) : null;
		},

		async findAll(userId, analysisIds) {
			const rows = await db.query<AnalysisRow>(
				sql`select * from analyses where user_id = ${userId} and id = any(${analysisIds}::uuid[])`,
			);
			return rows.map(analysisFromRow);
		},

		async listByItem(userId, itemId) {
			const rows = await db.query<AnalysisRow | { id: null }>(
				sql`select analyses.* from items
				    left join analyses on analyses.item_id = items.id and analyses.user_id = items.user_id
				    where items.user_id = ${userId} and items.id = ${itemId}
				    order by analyses.version desc`,
			);
			if (rows.length === 0) return null;
			return rows.filter((row): row is AnalysisRow => row.id !== null).map(analysisFromRow);
		},

		async latestVersion(userId, itemId) {
			const [row] = await db.query<{ version: number }>(
				sql`select coalesce(max(version), 0) as version from analyses where user_id = ${userId} and item_id = ${itemId}`,
			);
			return row?.version ?? 0;
		},
	};
}
