/** What of a person's items vectors can find, and its rebuild. */
export interface VectorIndex {
	status(userId: string, model: string): Promise<VectorIndexStatus>;
	/**
	 * Asks for an embedding of each item that has none by the model of its current analysis, or of every item by
	 * `force`; what waits already is not asked twice. Gives how many of the user's items wait now.
	 */
	requestRebuild(
		userId: string,
		model: string,
		options: { force: boolean },
	): Promise<number>;
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
