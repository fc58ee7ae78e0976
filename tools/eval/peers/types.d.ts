// The little of the peers' types that the evaluation uses: their packages are installed only where PEERS=1 is given,
// and make check must not need them.

declare module "minisearch" {
	export default class MiniSearch<Document> {
		constructor(options: { fields: string[] });
		addAll(documents: readonly Document[]): void;
		search(
			query: string,
			options: { prefix: boolean; fuzzy: number; boost: Record<string, number> },
		): { id: string; score: number }[];
	}
}

declare module "@orama/orama" {
	export interface Orama {
		readonly version: string;
	}
	export function create(options: {
		schema: Record<string, "string">;
		components: { tokenizer: { language: "english"; stemming: boolean } };
	}): Orama;
	export function insertMultiple(database: Orama, documents: Record<string, string>[]): Promise<string[]>;
	export function search(
		database: Orama,
		options: { term: string; properties: string[]; boost: Record<string, number>; limit: number },
	): Promise<{ hits: { id: string; score: number }[] }>;
}
