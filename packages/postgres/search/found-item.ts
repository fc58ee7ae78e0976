import type { ImageType } from "#core/items/item.ts";

/** The columns of an item that a search or a comparison found. `Text` is nullable where it may have no analysis. */
export interface FoundItemRow<Text> {
	item_id: string;
	mime_type: ImageType;
	category: Text;
	headline: Text;
	summary: Text;
	analysis_id: Text;
	placeholder: Buffer | null;
	width: number | null;
	height: number | null;
}

export function foundItemFromRow<Text>(row: FoundItemRow<Text>) {
	return {
		itemId: row.item_id,
		mimeType: row.mime_type,
		category: row.category,
		headline: row.headline,
		summary: row.summary,
		analysisId: row.analysis_id,
		placeholder: row.placeholder?.toString("base64") ?? null,
		width: row.width,
		height: row.height,
	};
}
