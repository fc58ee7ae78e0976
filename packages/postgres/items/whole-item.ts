import type { ItemWithAnalysis } from "#core/ports/index.ts";
import { type AnalysisRow, analysisFromJson, type ItemRow, itemFromRow } from "../rows.ts";
import { sql } from "../sql.ts";

/** A row of `wholeItem`. */
export interface WholeItemRow extends ItemRow {
	analysis: AnalysisRow | null;
	tags: string[];
}

/** Columns of an item with its current analysis and its tags, of `items` joined by `withCurrentAnalysis`. */
export const wholeItem = sql`items.*, to_jsonb(analyses) as analysis, array(
	      select name from item_tags where item_tags.user_id = items.user_id and item_tags.item_id = items.id
	      order by position, tag) as tags`;

export const withCurrentAnalysis = sql`left join analyses on analyses.id = items.analysis_id and analyses.user_id = items.user_id`;

export function itemWithAnalysis(row: WholeItemRow): ItemWithAnalysis {
	return {
		item: itemFromRow(row),
		latestAnalysis: row.analysis && analysisFromJson(row.analysis),
		tags: row.tags,
	};
}
