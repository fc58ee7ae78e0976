import type { ImageType } from "../items/item.ts";

/**
 * Pictures whose hashes differ in at most so many of 64 bits are compared: of 142 pictures' crops by up to a tenth of
 * each side 98 % differ in 15 at most, their other variants in 10.
 */
export const candidateBits = 20;
/** The nearest of them, of one item: comparing two pictures takes 2 ms. */
export const maxCandidates = 50;
/** Likewise, where one has nothing but its hash. */
export const nearDuplicateBits = 10;

export interface SimilarOptions {
	/** Vectors of this model are compared. */
	model: string;
	/** 1 to 50. */
	topK: number;
	category?: string | undefined;
	/** The minimum cosine similarity, -1 to 1, of items with a vector. */
	minSimilarity?: number | undefined;
}

export interface SimilarItem {
	itemId: string;
	mimeType: ImageType;
	/** Cosine similarity, -1 to 1; null where either has no vector of the model. */
	similarity: number | null;
	/** Bits in which the perceptual hashes differ, 0 to 64, of the crops that differ least; null where either has no hash. */
	distance: number | null;
	nearDuplicate: boolean;
	/** Null where the item has no analysis yet. */
	category: string | null;
	headline: string | null;
	summary: string | null;
	analysisId: string | null;
	placeholder: string | null;
	width: number | null;
	height: number | null;
}

export interface SimilarItems {
	/** The item has a vector, and a hash, to be compared by. */
	compared: { byVector: boolean; byHash: boolean };
	/** Near-duplicates first, then by similarity; never the item itself. */
	items: SimilarItem[];
}

/** Finds similar items. */
export interface Similar {
	/** Null where the user has no such item. */
	toItem(userId: string, itemId: string, options: SimilarOptions): Promise<SimilarItems | null>;
	/** Returns those pairs of the items, 50 at most, that are near-duplicates of each other. */
	pairs(userId: string, itemIds: string[]): Promise<[string, string][]>;
	/** Returns each of the items, 50 at most, with each near-duplicate of it that the user has; a pair appears once. */
	duplicatesOf(userId: string, itemIds: string[]): Promise<[string, string][]>;
}
