import type { TakenAt } from "../items/taken-at.ts";
import type { ItemWithAnalysis } from "./items.ts";

/** A change of an item by its person. Absent fields stay as they are. */
export interface ItemEdit {
	/** Null gives the model's back. */
	headline?: string | null;
	summary?: string | null;
	category?: string | null;
	/** Null removes it. */
	note?: string | null;
	/** Null gives the file's back. */
	takenAt?: TakenAt | null;
	favorite?: boolean;
	/** The whole list, as `distinctTags` gives it; null gives the current analysis's back. */
	tags?: string[] | null;
}

/** People's own words about their items. */
export interface Edits {
	/**
	 * Changes an item. Its document follows in the same transaction; where its text changed, so is an embedding requested,
	 * by an event in the outbox.
	 * @param check gets the item as it is, locked, and throws where it must not be changed
	 * @returns the changed item, or null where there is none
	 */
	edit(
		userId: string,
		itemId: string,
		edit: ItemEdit,
		check?: (found: ItemWithAnalysis) => void,
	): Promise<ItemWithAnalysis | null>;
}
