// The little of the peers' types that the bench uses: their packages are installed by make bench-search alone,
// and make check must not need them.

declare module "@langchain/community/vectorstores/pgvector" {
	import type pg from "pg";
	export class PGVectorStore {
		constructor(
			embeddings: {
				embedQuery(text: string): Promise<number[]>;
				embedDocuments(texts: string[]): Promise<number[][]>;
			},
			options: { pool: pg.Pool; tableName: string },
		);
		ensureTableInDatabase(dimensions: number): Promise<void>;
		similaritySearchVectorWithScore(
			vector: number[],
			k: number,
			filter: Record<string, string>,
		): Promise<[{ id: string }, number][]>;
	}
}

declare module "chromadb" {
	export class ChromaClient {
		constructor(options: { host: string; port: number; ssl?: boolean });
		heartbeat(): Promise<number>;
		createCollection(options: {
			name: string;
			embeddingFunction: { generate(texts: string[]): Promise<number[][]> };
			configuration: { hnsw: { space: "cosine" } };
		}): Promise<Collection>;
	}
	export interface Collection {
		add(records: { ids: string[]; embeddings: number[][]; metadatas: Record<string, string>[] }): Promise<void>;
		query(query: {
			queryEmbeddings: number[][];
			nResults: number;
			include: ("distances" | "metadatas")[];
			where?: Record<string, string>;
		}): Promise<{ ids: string[][] }>;
	}
}
