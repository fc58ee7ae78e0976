// Compares writing an embedding with the same on a table with an HNSW index.
import { randomUUID } from "node:crypto";
import type pg from "pg";
import { withClient } from "#lambdas/migrate/connect.ts";
import type { Database, Queryable } from "#postgres/database.ts";
import { postgresStages } from "#postgres/pipeline/stages.ts";
import type { TemporaryDatabase } from "#tools/local/temporary-database.ts";
import type { Collection, Document } from "./collection.ts";
import { interleaved, type Measured, type Side, withWarmUps } from "./compare.ts";
import { fillWithAnalyzedItems, model } from "./fill.ts";

const schema = "with_hnsw";

export interface Inserts {
	ours: Measured;
	hnsw: Measured;
	/** Rows of the table before the inserts. */
	rows: number;
	/** Bytes of both indexes. */
	sizes: { codes: number; hnsw: number };
}

/** @param rows that the table with HNSW has before, its index being built in one go */
export async function compareInserts(
	database: TemporaryDatabase,
	collection: Collection,
	{ count, rows }: { count: number; rows: number },
): Promise<Inserts> {
	const { address, master, owner, application } = database;
	const userId = collection.tenants[0]?.userId;
	if (!userId) throw new Error("The collection has no tenant.");
	const tasks = withWarmUps(count, () => null);
	// Each side writes documents of its own.
	const documents = [...tasks, ...tasks].map(() => collection.document(userId));
	await withClient(address, master, (client) =>
		client.query(`create schema ${schema} authorization ${owner.username}`),
	);
	const sizes = await withClient(address, owner, async (client) => {
		await fillWithAnalyzedItems(client, documents);
		await makeTableWithHnsw(client, rows);
		const { rows: found } = await client.query(
			`select pg_relation_size('public.embeddings_codes') as codes,
			   pg_relation_size('${schema}.embeddings_hnsw') as hnsw`,
		);
		return { codes: Number(found[0].codes), hnsw: Number(found[0].hnsw) };
	});
	let next = 0;
	const side = (name: string, db: Database, took: number[]): Side<null> => ({
		name,
		turn: () => application.query("select 1"),
		async run() {
			const document = documents[next++];
			if (!document) throw new Error("No document is left.");
			await embed(db, document, (ms) => took.push(ms));
			return [];
		},
	});
	const durations = { ours: [] as number[], hnsw: [] as number[] };
	const [ours, hnsw] = await interleaved(tasks, [
		side("ours", application, durations.ours),
		side("the same table with HNSW", inSchema(application, schema), durations.hnsw),
	]);
	if (!ours || !hnsw) throw new Error("A side was not measured.");
	// Of the whole commit only the statement that writes the embedding counts.
	const ofStatement = (measured: Measured, ms: number[]) => ({
		...measured,
		ms: ms.slice(-count),
	});
	return {
		ours: ofStatement(ours, durations.ours),
		hnsw: ofStatement(hnsw, durations.hnsw),
		rows,
		sizes,
	};
}

/** Embeds as the embedder does: a claim, then one transaction. */
async function embed(
	db: Database,
	{ userId, itemId, analysisId, vector }: Document,
	took: (ms: number) => void,
): Promise<void> {
	const stages = postgresStages(timed(db, "insert into embeddings", took));
	const claim = await stages.claim(userId, itemId, "embed", 60);
	if (claim.outcome !== "claimed") throw new Error("The item is not claimed.");
	const committed = await stages.commitEmbedded(
		claim.lease,
		{ analysisId, textRevision: 0, model, vector, usage: [] },
		{
			id: randomUUID(),
			type: "ItemReady",
			detail: {
				version: 1,
				correlation_id: "bench",
				item_id: itemId,
				user_id: userId,
				analysis_id: analysisId,
			},
		},
	);
	if (!committed) throw new Error("The embedding was not committed.");
}

/** Measures each statement of a transaction that begins with this text. */
function timed(db: Database, beginning: string, took: (ms: number) => void): Database {
	return {
		...db,
		transaction: (work) =>
			db.transaction((tx) =>
				work({
					async query(statement, values) {
						const text = typeof statement === "string" ? statement : statement.text;
						const started = performance.now();
						const rows = await tx.query(statement, values);
						if (text.trimStart().startsWith(beginning)) took(performance.now() - started);
						return rows as never;
					},
				}),
			),
	};
}

/** Runs the statements on the tables of another schema, if it has them. */
function inSchema(db: Database, name: string): Database {
	return {
		...db,
		transaction: (work) =>
			db.transaction(async (tx: Queryable) => {
				await tx.query(`set local search_path to ${name}, public`);
				return work(tx);
			}),
	};
}

async function makeTableWithHnsw(owner: pg.Client, rows: number): Promise<void> {
	await owner.query(`set maintenance_work_mem to '512MB'`);
	await owner.query(`
		create table ${schema}.embeddings (like public.embeddings including defaults including generated including constraints including storage,
		  primary key (item_id, model),
		  foreign key (item_id, user_id) references items (id, user_id) on delete cascade,
		  foreign key (analysis_id, item_id, user_id) references analyses (id, item_id, user_id) on delete cascade)
		  with (toast_tuple_target = 8160)`);
	const { rowCount } = await owner.query(
		`insert into ${schema}.embeddings (item_id, user_id, model, analysis_id, category, embedding)
		 select item_id, user_id, model, analysis_id, category, embedding from public.embeddings limit $1`,
		[rows],
	);
	if (rowCount !== rows) throw new Error(`The table with HNSW has ${rowCount} rows instead of ${rows}.`);
	await owner.query(`create index on ${schema}.embeddings (user_id)`);
	await owner.query(
		`create index embeddings_hnsw on ${schema}.embeddings using hnsw ((embedding::vector(1024)) vector_cosine_ops)`,
	);
	await owner.query(`vacuum (analyze) ${schema}.embeddings`);
	await owner.query(`grant usage on schema ${schema} to public`);
	await owner.query(`grant select, insert, update on ${schema}.embeddings to public`);
}
