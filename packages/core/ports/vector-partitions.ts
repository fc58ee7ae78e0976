/** IVF partitions of large collections: a search reads the few that are near its query. Over all tenants. */
export interface VectorPartitions {
	/**
	 * Lists collections that may need other partitions: of people with at least `minItems`, or with partitions. The
	 * order is random, so that everyone's turn comes.
	 */
	listLarge(options: { minItems: number; limit: number }): Promise<VectorSet[]>;
	/**
	 * Makes about as many partitions of so many vectors, or none. The former ones are outdated, and searched while they
	 * have vectors.
	 */
	rebuild(userId: string, model: string, options: { partitions: number; vectors: number }): Promise<void>;
	/** Assigns up to `limit` vectors of no partition or an outdated one. @returns how many it assigned */
	assign(userId: string, model: string, limit: number): Promise<number>;
	/** Removes outdated partitions that are empty, and have been outdated for longer than an assignment takes. */
	removeEmpty(userId: string, model: string): Promise<void>;
}

/** A person's vectors of one model. */
export interface VectorSet {
	userId: string;
	model: string;
	vectors: number;
	/** The number of vectors that the partitions were built for; null where there are none. */
	builtFor: number | null;
}
