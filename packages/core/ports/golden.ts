import type { Analysis } from "../items/analysis.ts";
import type { GoldenEntry } from "../items/golden-entry.ts";
import type { Item } from "../items/item.ts";

/** Narrows the items that a reviewer sees. */
export const reviewModes = ["unreviewed", "all", "reviewed"] as const;
export type ReviewMode = (typeof reviewModes)[number];

/** An item with everything that a reviewer chooses from. */
export interface ReviewedItem {
	item: Item;
	/** All versions, newest first. */
	analyses: Analysis[];
	hasGolden: boolean;
}

/** Reviewed analyses of a person's own items. Items without an analysis, and those in the trash, are not reviewed. */
export interface Golden {
	/** Returns a page of items, newest first, with the number of all that the mode has. */
	list(
		userId: string,
		page: { mode: ReviewMode; limit: number; offset: number },
	): Promise<{ items: ReviewedItem[]; total: number }>;
	count(userId: string): Promise<{ items: number; reviewed: number }>;
	/** Returns the entry of an item; null where it has none. */
	find(userId: string, itemId: string): Promise<GoldenEntry | null>;
	/** Writes an item's entry, in place of the one before. False where there is no such item. */
	save(userId: string, entry: GoldenEntry): Promise<boolean>;
}
