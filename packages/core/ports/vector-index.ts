/** The vectors of a person's items, and their rebuild. */
export interface VectorIndex {
	status(userId: string, model: string): Promise<VectorIndexStatus>;
	/**
	 * Requests an embedding for each item whose current analysis has none of the model, or for every item by `force`;
	 * a pending request is not repeated. Returns how many of the user's items wait now.
	 */
	requestRebuild(userId: string, model: string, options: { force: boolean }): Promise<number>;
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
	/** Items that wait for their embedding in a rebuild. */
	rebuilding: number;
}
