/** Vectors of queries that the same query gets again, each person's own. It has no text. */
export interface QueryVectors {
	/** Returns the vector that was kept for the key and has not expired. */
	find(userId: string, key: string): Promise<Float32Array | null>;
	/** Keeps a vector for the key, in place of another. It goes with what `VerificationCache` has of the user. */
	keep(userId: string, key: string, vector: Float32Array, seconds: number): Promise<void>;
}
