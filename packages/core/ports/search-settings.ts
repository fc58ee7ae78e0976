/** The effective settings of search, read from the running code and its database. */
export interface SearchSettings {
	read(userId: string): Promise<EffectiveSearchSettings>;
}

export interface EffectiveSearchSettings {
	/** The constants of the search statements, by their names in the code. */
	parameters: Readonly<Record<string, unknown>>;
	database: {
		/** As the server reports it: `17.6`. */
		version: string;
		/** Versions of the installed extensions by name. */
		extensions: Record<string, string>;
		/** The indexes of the tables that a search reads. */
		indexes: { table: string; name: string; definition: string; valid: boolean }[];
	};
	/** Counts of the user's rows. */
	counts: {
		items: number;
		documents: number;
		/** By model. */
		embeddings: Record<string, number>;
	};
}
