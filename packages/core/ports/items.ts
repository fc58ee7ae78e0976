import type { Analysis } from "../items/analysis.ts";
import type { Item, ShownStatus } from "../items/item.ts";
import type { RiskLevel } from "../verification/verdict.ts";

export type NewItem = Pick<
	Item,
	"id" | "userId" | "originalFilename" | "mimeType" | "fileSize" | "sha256" | "correlationId"
>;

/** Selects items of a person. */
export interface ItemFilter {
	/** In any case; the person's own where it was edited. */
	category?: string;
	/** @default every status but `pending` and `trashed`; with `ids` also `pending` */
	status?: ShownStatus;
	/** From this time on. A text as `2026-03-01T00:00:00` is a local time, a Date an instant. */
	from?: Date | string;
	/** Up to and without this time. */
	to?: Date | string;
	/**
	 * The time that `from` and `to` bound: of the upload, for which local time is UTC; when it was taken, which is known of
	 * few; or that where it is known, else that of the upload.
	 * @default "shown"
	 */
	dates?: "uploaded" | "taken" | "shown";
	/** Bound items whose time of taking is unknown instead: their days are those of a time zone. */
	uploadedFrom?: Date;
	uploadedTo?: Date;
	/** Items with all of these tags, in any case. */
	tags?: string[];
	favorite?: boolean;
	/** In this album, to which items were added; `resolveAlbum` replaces a smart one. */
	album?: string;
	/** Of the current analysis. */
	provider?: string;
	/** Of the current analysis: at least this one. */
	risk?: RiskLevel;
	ids?: string[];
	/** Items that this filter means, too. */
	and?: ItemFilter;
}

export const itemSorts = ["created", "taken", "name", "position"] as const;
export type ItemSort = (typeof itemSorts)[number];
type Order = "asc" | "desc";
export const defaultOrders: Record<ItemSort, Order> = { created: "desc", taken: "desc", name: "asc", position: "asc" };

export interface ItemPage extends ItemFilter {
	/**
	 * By upload, by the local time where it was taken or else the upload's, by the file's name, or by the place in `album`,
	 * which is given then.
	 * @default "created"
	 */
	sort?: ItemSort;
	/** @default that of `defaultOrders` */
	order?: Order;
	/** 1 to 100. */
	limit: number;
	offset: number;
	/** A `nextCursor` of the same sort and order; replaces `offset`. */
	cursor?: string;
}

/** The fields of an item that a grid shows. */
export interface CompactItem
	extends Pick<
		Item,
		"id" | "userId" | "status" | "trashedAt" | "placeholder" | "width" | "height" | "takenAt" | "createdAt" | "favorite"
	> {
	/** The person's own, else the current analysis's. */
	category: string | null;
	headline: string | null;
}

interface Listed<Each> {
	items: Each[];
	total: number;
	nextCursor: string | null;
}

/** A value that items have, and how many have it. */
export interface FacetValue {
	value: string;
	count: number;
}

export const facetNames = ["categories", "tags", "months", "statuses", "providers"] as const;
/** Each the most frequent first, months the latest first. */
export type Facets = Record<(typeof facetNames)[number], FacetValue[]>;

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
	/** Returns those of the ids that are items of the user outside the trash. */
	listed(userId: string, itemIds: string[]): Promise<string[]>;
	/** @throws AppError `invalid_request` where the cursor is of another sort or order, or of no list */
	list(userId: string, page: ItemPage): Promise<Listed<ItemWithAnalysis>>;
	/** As `list`, without what a grid does not show. */
	listCompact(userId: string, page: ItemPage): Promise<Listed<CompactItem>>;
	/** Counts what the items have; at most 100 values of each kind, of months 1,200. */
	facets(userId: string, filter: ItemFilter): Promise<Facets>;
	count(userId: string, filter: ItemFilter): Promise<number>;
	/** Returns another text whenever an item came, went or changed in what is known of it. */
	state(userId: string): Promise<string>;
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
	/** Puts the item into the trash, where it stays as it is there already. Null where there is no such item. */
	trash(userId: string, itemId: string): Promise<Item | null>;
	/** Takes the item out of the trash, if it is there. Null where there is no such item. */
	restore(userId: string, itemId: string): Promise<Item | null>;
	/** Returns items that came to the trash before a time: one of each user before a second of any, the longest first. */
	trashedBefore(time: Date, limit: number): Promise<{ userId: string; itemId: string }[]>;
	/**
	 * Deletes the item, its analyses, search text, embeddings and unsent events, and leaves a tombstone until its
	 * objects are certainly removed, and a redaction until its text is certainly removed from chats. False where there
	 * is no such item, or it has not been in the trash since before `trashedBefore`.
	 */
	delete(userId: string, itemId: string, options?: { trashedBefore?: Date }): Promise<boolean>;
}
