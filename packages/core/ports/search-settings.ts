/** What search really works with, read from the running code and its database. */
export interface SearchSettings {
	read(userId: string): Promise<EffectiveSearchSettings>;
}

export interface EffectiveSearchSettings {
	/** The numbers in the search statements, by their names in the code. */
	parameters: Readonly<Record<string, unknown>>;
	database: {
		/** As the server says it: `17.6`. */
		version: string;
		/** Versions of the installed extensions by name. */
		extensions: Record<string, string>;
		/** Of the tables that a search reads, as the database defines them now. */
		indexes: {
			table: string;
			name: string;
			definition: string;
			valid: boolean;
		}[];
	};
	/** What the user has. */
	counts: {
		items: number;
		documents: number;
		/** By model. */
		embeddings: Record<string, number>;
	};
}
