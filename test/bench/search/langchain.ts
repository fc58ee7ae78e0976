// LangChain.js PGVectorStore as its documentation sets it up: one table, the tenant in the metadata, no index.
import pg from "pg";
import { withClient } from "#lambdas/migrate/connect.ts";
import { clientConfig } from "#postgres/database.ts";
import type { TemporaryDatabase } from "#tools/local/temporary-database.ts";
import type { Query } from "./collection.ts";
import { PGVectorStore } from "./peers/index.ts";

const table = "langchain";
/** Results of each retriever that are fused, and the constant of reciprocal rank fusion. */
const fusionDepth = 50;
const rrfK = 60;

export interface LangChain {
	/** Returns the ids of the nearest. */
	byVector(query: Query, topK: number): Promise<string[]>;
	/** PGVectorStore has no hybrid search of its own: its vectors, and a tsvector beside them, fused here. */
	hybrid(query: Query, topK: number): Promise<string[]>;
	/** Takes the database's turn, which on PGlite costs something of its own. */
	turn(): Promise<unknown>;
	close(): Promise<void>;
}

export async function langChain(
	{ address, owner }: TemporaryDatabase,
	progress: (done: number, total: number) => void,
): Promise<LangChain> {
	// Two connections, so that both retrievers of a hybrid search run at once where the server can.
	const pool = new pg.Pool({
		...(await clientConfig(address, owner)),
		options: "",
		query_timeout: 0,
		max: 2,
	});
	// An interrupted bench drops the database while this pool is connected.
	pool.on("error", () => {});
	const noModel = {
		embedQuery: () => Promise.reject(new Error("The bench passes vectors: none is to be computed.")),
		embedDocuments: () => Promise.reject(new Error("The bench passes vectors: none is to be computed.")),
	};
	const options = { pool, tableName: table };
	// initialize() keeps one connection to itself for ever.
	const store = new PGVectorStore(noModel, options);
	await store.ensureTableInDatabase(1024);
	await withClient(address, owner, (client) => copyRows(client, progress));
	const byVector = async ({ tenant, vector }: Query, topK: number) => {
		const found = await store.similaritySearchVectorWithScore(Array.from(vector), topK, { user_id: tenant.userId });
		return found.map(([{ id }]) => id);
	};
	return {
		byVector,
		async hybrid(query, topK) {
			const [byMeaning, byWords] = await Promise.all([
				byVector(query, fusionDepth),
				pool.query<{ id: string }>(
					`select id from ${table}, websearch_to_tsquery('english', $2) as words
					 where metadata->>'user_id' = $1 and search @@ words
					 order by ts_rank_cd(search, words) desc limit ${fusionDepth}`,
					[query.tenant.userId, query.text],
				),
			]);
			return reciprocalRankFusion([byMeaning, byWords.rows.map(({ id }) => id)], topK);
		},
		turn: () => pool.query("select 1"),
		close: () => pool.end(),
	};
}

/** Copies the product's rows, as addVectors would write them. */
async function copyRows(client: pg.Client, progress: (done: number, total: number) => void): Promise<void> {
	await client.query(
		`alter table ${table} add column search tsvector generated always as (to_tsvector('english', text)) stored`,
	);
	const { rows: tenants } = await client.query<{ user_id: string }>("select distinct user_id from embeddings");
	for (const [at, { user_id }] of tenants.entries()) {
		await client.query(
			`insert into ${table} (id, text, metadata, embedding)
			 select item_id, concat_ws(' ', headline, summary, labels, extracted_text),
			   jsonb_build_object('user_id', user_id), embedding::vector
			 from documents join embeddings using (item_id, user_id)
			 where user_id = $1`,
			[user_id],
		);
		progress(at, tenants.length);
	}
	await client.query(`create index on ${table} using gin (search)`);
	await client.query(`vacuum (analyze) ${table}`);
}

function reciprocalRankFusion(rankings: string[][], topK: number): string[] {
	const scores = new Map<string, number>();
	for (const ranking of rankings) {
		for (const [rank, id] of ranking.entries()) {
			scores.set(id, (scores.get(id) ?? 0) + 1 / (rrfK + rank + 1));
		}
	}
	return [...scores]
		.sort(([, a], [, b]) => b - a)
		.slice(0, topK)
		.map(([id]) => id);
}
