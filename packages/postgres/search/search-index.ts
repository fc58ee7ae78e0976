import type { SearchIndex } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { sql } from "../sql.ts";
import { documentSources, rewriteDocuments } from "./documents.ts";

interface OutdatedRow {
	item_id: string;
	headline: string;
	summary: string;
	note: string;
	labels: string;
	extracted_text: string;
	refuted: string[];
	original_filename: string;
}

/** The tsvectors of documents in PostgreSQL. */
export function postgresSearchIndex(db: Database): SearchIndex {
	return {
		indexOutdated: (limit) =>
			db.transaction(async (tx) => {
				const { documentVector, documentVersion } = await import("#text/document.ts");
				// A document that a stage writes now is indexed by it.
				const rows = await tx.query<OutdatedRow>(
					sql`select item_id, headline, summary, documents.note, labels, extracted_text, refuted, original_filename
					    from documents join items on items.user_id = documents.user_id and items.id = documents.item_id
					    where search_version < ${documentVersion}
					    order by search_version
					    limit ${limit}
					    for update of documents skip locked`,
				);
				const vectors = rows.map((row) =>
					documentVector({
						headline: row.headline,
						summary: row.summary,
						note: row.note,
						labels: row.labels,
						extractedText: row.extracted_text,
						refuted: row.refuted,
						filename: row.original_filename,
					}),
				);
				await tx.query(
					sql`update documents set search = vector::tsvector, search_version = ${documentVersion}
					    from unnest(${rows.map(({ item_id }) => item_id)}::uuid[], ${vectors}::text[]) as indexed (item_id, vector)
					    where documents.item_id = indexed.item_id`,
				);
				return rows.length;
			}),

		rewriteOutdated: (limit, userId) =>
			db.transaction(async (tx) => {
				const isMeant = userId === undefined ? sql`true` : sql`outdated_documents.user_id = ${userId}`;
				// Ids are random: where there are several users, each has its part of a batch.
				const rows = await tx.query<{ user_id: string; id: string }>(
					sql`with next as (
					      select user_id, item_id from outdated_documents where ${isMeant} order by item_id limit ${limit}
					    )
					    select items.user_id, items.id
					    from next join items on items.user_id = next.user_id and items.id = next.item_id
					    order by items.id
					    for update of items`,
				);
				const byUser = Map.groupBy(rows, ({ user_id }) => user_id);
				for (const [owner, own] of [...byUser].sort(([a], [b]) => (a < b ? -1 : 1))) {
					const itemIds = own.map(({ id }) => id);
					await rewriteDocuments(tx, owner, await documentSources(tx, owner, itemIds));
					await tx.query(
						sql`delete from outdated_documents where user_id = ${owner} and item_id = any(${itemIds}::uuid[])`,
					);
				}
				return rows.length;
			}),
	};
}
