import type { ImageType } from "../items/item.ts";

/**
 * The maximum distance, of the 64 bits of a perceptual hash, between near-duplicates. Measured on 55 screenshots and
 * 6 drawings: the same one smaller, brighter, or in another format and quality differs in 8 at most, four scrolls of
 * one page in 1 to 3, and any two others in 11 at least.
 */
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
	/** Bits in which the perceptual hashes differ, 0 to 64; null where either has no hash. */
	distance: number | null;
	nearDuplicate: boolean;
	/** Null where the item has no analysis yet. */
	category: string | null;
	headline: string | null;
	summary: string | null;
	analysisId: string | null;
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
}
