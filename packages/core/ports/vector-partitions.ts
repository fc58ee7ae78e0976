/** The division of large collections' vectors into cells of near ones, so that a search reads a few of them. Over all tenants. */
export interface VectorPartitions {
	/**
	 * Whose vectors may need another division: of people with at least `minItems`, or with cells. In an order of
	 * chance, so that everyone's turn comes.
	 */
	large(options: { minItems: number; limit: number }): Promise<VectorSet[]>;
	/** Makes about `cells` new ones of so many `vectors`, or none; those there were are outdated, and still searched while vectors are in them. */
	divide(
		userId: string,
		model: string,
		options: { cells: number; vectors: number },
	): Promise<void>;
	/** Brings up to `limit` vectors from no cell or an outdated one to where they belong. Gives how many it brought. */
	move(userId: string, model: string, limit: number): Promise<number>;
	/** Removes outdated cells that are empty, and have been outdated for longer than a move takes. */
	removeEmpty(userId: string, model: string): Promise<void>;
}

/** A person's vectors of one model. */
export interface VectorSet {
	userId: string;
	model: string;
	vectors: number;
	/** How many there were when they were divided; null where they are not. */
	dividedWith: number | null;
}
