/** The index of full-text search, which the application writes: a new version of its code may index a text otherwise. */
export interface SearchIndex {
	/**
	 * Indexes documents anew that an earlier version of the code has indexed, of any user.
	 * @returns how many; fewer than `limit` when none is left
	 */
	indexOutdated(limit: number): Promise<number>;
	/**
	 * Writes documents anew that a change of many items has left behind, of one user or of any, and requests their vectors.
	 * @returns how many; fewer than `limit` when none is left
	 */
	rewriteOutdated(limit: number, userId?: string): Promise<number>;
}
