import type pg from "pg";
import type { Ports } from "#core/ports/index.ts";
import { minVectors, rebuildPartitions } from "#core/search/rebuild-partitions.ts";
import { withClient } from "#lambdas/migrate/connect.ts";
import { type Database, inTransaction, type Queryable, queryRows } from "#postgres/database.ts";
import { postgresVectorPartitions } from "#postgres/search/vector-partitions.ts";
import { sql } from "#postgres/sql.ts";
import { documentVector, documentVersion } from "#text/document.ts";
import type { TemporaryDatabase } from "#tools/local/temporary-database.ts";
import { vectorText } from "../../support/vector-text.ts";
import type { Document, Tenant } from "./collection.ts";

export const model = "bench";

const batch = 250;
const sweepSeconds = 30;
/** More than any bench has. */
const maxCollections = 100;

/** Inserts every tenant's items as ready ones. */
export async function fillWithReadyItems(
	owner: pg.Client,
	tenants: Tenant[],
	progress: (done: number, total: number) => void,
): Promise<void> {
	const documents = tenants.flatMap((tenant) => tenant.documents);
	for (let at = 0; at < documents.length; at += batch) {
		await insert(owner, documents.slice(at, at + batch), "ready");
		progress(at, documents.length);
	}
	await vacuum(owner, "items", "analyses", "documents", "embeddings", "words");
}

/** Partitions large collections, as the sweeper does. @returns how many have partitions */
export function partitionLargeCollections({ address, owner }: TemporaryDatabase): Promise<number> {
	return withClient(address, owner, async (client) => {
		const vectorPartitions = postgresVectorPartitions(withoutTimeouts(client));
		const partitioned = await sweepUntilPartitioned({ vectorPartitions, clock: { now: () => new Date() } });
		await vacuum(client, "embeddings", "vector_partitions");
		return partitioned;
	});
}

/** Makes a database of the owner's client: PGlite takes longer for what a bench prepares than the API waits. */
export function withoutTimeouts(client: pg.Client): Database {
	const database: Queryable = { query: (statement, values) => queryRows(client, statement, values) };
	return {
		...database,
		transaction: (work) => inTransaction(client, () => work(database)),
		close: () => client.end(),
	};
}

/**
 * Sweeps until nothing is left to assign. One sweep's time may be used up by building partitions, before it has
 * assigned a vector.
 * @returns how many collections have partitions
 * @throws if a large one has none
 */
export async function sweepUntilPartitioned(ports: Pick<Ports, "vectorPartitions" | "clock">): Promise<number> {
	for (let before = Number.POSITIVE_INFINITY; ; ) {
		const deadline = new Date(ports.clock.now().getTime() + sweepSeconds * 1_000);
		const { assigned } = await rebuildPartitions(ports, { deadline });
		const listed = await ports.vectorPartitions.listLarge({ minItems: minVectors, limit: maxCollections });
		// A collection that has shrunk is listed while it has outdated partitions.
		const large = listed.filter(({ vectors }) => vectors >= minVectors);
		const without = large.filter(({ builtFor }) => builtFor === null).length;
		if (assigned === 0 && without >= before) {
			if (without === 0) return large.length;
			throw new Error(`${without} of ${large.length} large collections have no partitions.`);
		}
		before = without;
	}
}

/** Vacuums as autovacuum does on a server: fresh statistics, and the visibility map of index-only scans. */
async function vacuum(owner: pg.Client, ...tables: string[]): Promise<void> {
	for (const table of tables) await owner.query(`vacuum (analyze) ${table}`);
}

/** Inserts items that lack only their embedding. */
export function fillWithAnalyzedItems(owner: pg.Client, documents: Document[]): Promise<void> {
	return insert(owner, documents, "analyzed");
}

async function insert(owner: pg.Client, documents: Document[], status: "analyzed" | "ready"): Promise<void> {
	await queryRows(
		owner,
		sql`with input as (
		      select * from unnest(
		        ${documents.map(({ itemId }) => itemId)}::uuid[],
		        ${documents.map(({ analysisId }) => analysisId)}::uuid[],
		        ${documents.map(({ userId }) => userId)}::text[],
		        ${documents.map(({ headline }) => headline)}::text[],
		        ${documents.map(({ summary }) => summary)}::text[],
		        ${documents.map(({ labels }) => labels)}::text[],
		        ${documents.map(({ extractedText }) => extractedText)}::text[],
		        ${documents.map((document) => documentVector({ ...document, filename: "shot.png" }))}::text[],
		        ${documents.map(({ vector }) => vectorText(vector))}::text[]
		      ) as input (item_id, analysis_id, user_id, headline, summary, labels, extracted_text, search, vector)
		    ), added_items as (
		      insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, analysis_id)
		      select item_id, user_id, 'shot.png', 'image/png', 1, 'bench', ${status}, analysis_id from input
		    ), added_analyses as (
		      insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
		      select analysis_id, item_id, user_id, 1, 'Other', '{}', 'bench', 'bench' from input
		    ), added_documents as (
		      insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text,
		        search, search_version)
		      select item_id, user_id, analysis_id, 'Other', headline, summary, labels, extracted_text,
		        search::tsvector, ${documentVersion} from input
		    )
		    insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
		    select item_id, user_id, ${model}, analysis_id, 'Other', vector::vector::halfvec from input
		    where ${status}::text = 'ready'`,
	);
}
