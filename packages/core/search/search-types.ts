/** Search by words, by meaning, or by both. */
export const searchTypes = ["bm25", "vector", "hybrid"] as const;
export type SearchType = (typeof searchTypes)[number];
