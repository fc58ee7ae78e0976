import type { Analysis } from "../items/analysis.ts";
import type { Item, ItemStatus } from "../items/item.ts";

export type NewItem = Pick<
	Item,
	"id" | "userId" | "originalFilename" | "mimeType" | "fileSize" | "sha256" | "correlationId"
>;

/** Which of a person's items are meant. */
export interface ItemFilter {
	/** In any case; the person's own where it was edited. */
	category?: string;
	/** @default every status but `pending` */
	status?: ItemStatus;
	/** From this time on; of `taken`, its UTC reading is a local one. */
	from?: Date;
	/** Up to and without this time. */
	to?: Date;
	/** The time that `from` and `to` bound: the upload, or the local time where it was taken, which is known of few. @default "uploaded" */
	dates?: "uploaded" | "taken";
	/** Of these alone. */
	ids?: string[];
	/** In this album, to which items were added; `withoutSmartAlbum` replaces a smart one. */
	album?: string;
	/** Which these must also match. */
	and?: ItemFilter;
}

interface ItemPage extends ItemFilter {
	/** By upload. @default "newest" */
	sort?: "newest" | "oldest";
	/** 1 to 100. */
	limit: number;
	offset: number;
	/** A `nextCursor`; replaces `offset`. */
	cursor?: string;
}

export interface ItemWithAnalysis {
	item: Item;
	latestAnalysis: Analysis | null;
	/** In the order of the item's list, as the person writes them. */
	tags: string[];
}

/** Items. Every call is bound to one user. */
export interface Items {
	/**
	 * Writes the row (`pending`) before the bytes are stored. Where the user has an item with these bytes, returns that
	 * one and creates nothing.
	 * @throws AppError `too_many_pending` where the user has `maxPending` pending items already
	 */
	create(item: NewItem, options?: { maxPending?: number }): Promise<{ item: Item; created: boolean }>;
	find(userId: string, itemId: string): Promise<ItemWithAnalysis | null>;
	/** Returns those that exist, in any order. */
	findAll(userId: string, itemIds: string[]): Promise<ItemWithAnalysis[]>;
	/** Returns those of the ids that are items of the user. */
	existing(userId: string, itemIds: string[]): Promise<string[]>;
	list(
		userId: string,
		page: ItemPage,
	): Promise<{
		items: ItemWithAnalysis[];
		total: number;
		nextCursor: string | null;
	}>;
	count(userId: string, filter: ItemFilter): Promise<number>;
	/** Returns the ids of the items that are meant, the newest first. */
	ids(userId: string, filter: ItemFilter, limit: number): Promise<string[]>;
	/** Counts the analyzed items of each category, the largest first; at most 100. */
	categories(userId: string): Promise<{ category: string; items: number }[]>;
	/**
	 * Sets a `pending` or `failed` item to `pending`, with fresh attempts and the newly announced type and size. Null
	 * where a stage holds its lease, or it has another status, or does not exist.
	 */
	reopen(userId: string, itemId: string, announced: Pick<NewItem, "mimeType" | "fileSize">): Promise<Item | null>;
	/** Sets a `pending` item to `uploaded` once its bytes are stored. Any other status stays. */
	markUploaded(userId: string, itemId: string): Promise<Item | null>;
	/** Sets a `failed` item whose bytes are stored to `uploaded`, with fresh attempts. */
	restart(userId: string, itemId: string): Promise<Item | null>;
	/**
	 * Deletes the item, its analyses, search text, embeddings and unsent events, and leaves a tombstone until its
	 * objects are certainly removed, and a redaction until its text is certainly removed from chats. False where there
	 * is no such item.
	 */
	delete(userId: string, itemId: string): Promise<boolean>;
}
