export interface VectorIndex {
	status(userId: string, model: string): Promise<VectorIndexStatus>;
}

export interface VectorIndexStatus {
	/** Items with a current analysis. */
	items: number;
	/** ... and an embedding of it by `model`. */
	embedded: number;
	/** ... without any embedding. */
	missing: number;
	/** ... with one of another model only. */
	stale: number;
}
