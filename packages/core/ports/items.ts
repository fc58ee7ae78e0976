import type { Analysis } from "../items/analysis.ts";
import type { Item, ItemStatus } from "../items/item.ts";

export type NewItem = Pick<
	Item,
	| "id"
	| "userId"
	| "originalFilename"
	| "mimeType"
	| "fileSize"
	| "sha256"
	| "correlationId"
>;

export interface ItemFilter {
	category?: string;
	/** Without it every status but `pending` is listed. */
	status?: ItemStatus;
	/** 1 to 100. */
	limit: number;
	offset: number;
	/** As given by `nextCursor`; replaces `offset`. */
	cursor?: string;
}

export interface ItemWithAnalysis {
	item: Item;
	latestAnalysis: Analysis | null;
}

/** A person's items. Every call is bound to the user. */
export interface Items {
	/**
	 * Writes the row (`pending`) before the bytes are stored. Where the user already has an item
	 * with these bytes, gives that one and creates nothing.
	 */
	create(item: NewItem): Promise<{ item: Item; created: boolean }>;
	find(userId: string, itemId: string): Promise<ItemWithAnalysis | null>;
	/** Newest first. */
	list(
		userId: string,
		filter: ItemFilter,
	): Promise<{
		items: ItemWithAnalysis[];
		total: number;
		nextCursor: string | null;
	}>;
	/** The categories of analyzed items with how many each has, the largest first; at most 100. */
	categories(userId: string): Promise<{ category: string; items: number }[]>;
	/**
	 * Expects the bytes of a `pending` or `failed` item anew, as they are announced now: it is `pending` with
	 * fresh attempts. Null where a stage is at work on it, or it went on, or is not there.
	 */
	reopen(
		userId: string,
		itemId: string,
		announced: Pick<NewItem, "mimeType" | "fileSize">,
	): Promise<Item | null>;
	/** The bytes are stored: `pending` becomes `uploaded`. What a stage did meanwhile stays, its failure too. */
	markUploaded(userId: string, itemId: string): Promise<Item | null>;
	/** A `failed` item whose bytes are stored gets fresh attempts: it becomes `uploaded`. */
	restart(userId: string, itemId: string): Promise<Item | null>;
	/**
	 * Deletes the item, its analyses, search text, embeddings and unsent events, and leaves a tombstone
	 * until its objects are surely gone. False where there is no such item.
	 */
	delete(userId: string, itemId: string): Promise<boolean>;
}
