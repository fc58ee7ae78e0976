import type { ImageDescription } from "#core/items/analysis.ts";
import type { ImageType } from "#core/items/item.ts";
import { duplicateOf } from "#core/pipeline/item-errors.ts";
import type { ProcessedImage } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { describeFile } from "../pipeline/stages.ts";
import { documentSources, writeDocuments } from "../search/documents.ts";
import { halfvecBytes } from "../search/halfvec.ts";
import { sql } from "../sql.ts";
import { storableJson, storableText } from "../text.ts";
import { suggestTags } from "./tags.ts";

/** An item of another system, with all that is kept of it. */
export interface MigratedItem {
	id: string;
	userId: string;
	originalFilename: string;
	mimeType: ImageType;
	fileSize: number;
	image: ProcessedImage;
	/** Tells what the migration wrote from what came otherwise. */
	correlationId: string;
	createdAt: Date;
	updatedAt: Date;
	/** Any order; the highest version is current. */
	analyses: MigratedAnalysis[];
	/** Null where the item has none. */
	vector: { model: string; numbers: Float32Array; createdAt: Date } | null;
	/** The reviewed description, where the item has one. */
	reviewed: { description: ImageDescription; sourceAnalysisIds: string[]; reviewedAt: Date } | null;
}

/** One version of a description, with its id and times as the predecessor has them. */
export interface MigratedAnalysis {
	id: string;
	version: number;
	description: ImageDescription;
	provider: string;
	model: string;
	traceId: string | null;
	createdAt: Date;
}

/** How an item of the source is found in the environment. */
export type MigrationState =
	/** Nothing is there. */
	| "absent"
	| "migrated"
	/** The person deleted it since. */
	| "deleted"
	/** There is an item of this id that no migration wrote. */
	| "foreign";

/** Items that come from another system, in PostgreSQL. No event is sent of them, so no stage and no provider works on them. */
export function postgresMigratedItems(db: Database) {
	return {
		/** Returns the state of each item, by id. */
		async states(userId: string, items: { id: string; correlationId: string }[]): Promise<Map<string, MigrationState>> {
			const rows = await db.query<{ id: string; state: MigrationState }>(
				sql`select wanted.id, case
				      when items.correlation_id = wanted.correlation_id then 'migrated'
				      when items.id is not null then 'foreign'
				      when tombstones.item_id is not null then 'deleted'
				      else 'absent' end as state
				    from unnest(${items.map(({ id }) => id)}::uuid[], ${items.map(({ correlationId }) => correlationId)}::text[])
				      as wanted (id, correlation_id)
				    left join items on items.user_id = ${userId} and items.id = wanted.id
				    left join tombstones on tombstones.user_id = ${userId} and tombstones.item_id = wanted.id`,
			);
			return new Map(rows.map(({ id, state }) => [id, state]));
		},

		/**
		 * Writes an item whole, in one transaction. One whose bytes the person has already becomes the duplicate of that item.
		 * @returns the status it has; null where the id is another person's
		 */
		write(item: MigratedItem): Promise<"ready" | "processed" | "duplicate" | null> {
			return db.transaction(async (tx) => {
				const original = await sameBytes(tx, item);
				const [created] = await tx.query(
					sql`insert into items (id, user_id, original_filename, mime_type, file_size, sha256, correlation_id, created_at, status)
					    values (${item.id}, ${item.userId}, ${storableText(item.originalFilename)}, ${item.mimeType}, ${item.fileSize},
					      ${original ? null : item.image.sha256}, ${item.correlationId}, ${item.createdAt}, 'processed')
					    on conflict do nothing
					    returning id`,
				);
				if (!created) return null;
				await describeFile(tx, { userId: item.userId, itemId: item.id }, item.image);
				const currentId = await writeAnalyses(tx, item);
				if (currentId && !original) await writeSearch(tx, item, currentId);
				const status = original ? "failed" : currentId ? "ready" : "processed";
				const error = original ? duplicateOf(original) : null;
				await tx.query(
					sql`update items set status = ${status}, error_code = ${error?.code ?? null}, error_detail = ${error?.detail ?? null},
					      duplicate_of = ${original}, updated_at = ${item.updatedAt}
					    where user_id = ${item.userId} and id = ${item.id}`,
				);
				return original ? "duplicate" : currentId ? "ready" : "processed";
			});
		},

		/** Returns the vectors of items as they are stored, by the item's id. */
		async vectors(userId: string, itemIds: string[], model: string): Promise<Map<string, Float32Array>> {
			const rows = await db.query<{ item_id: string; numbers: number[] }>(
				sql`select item_id, embedding::vector::real[] as numbers from embeddings
				    where user_id = ${userId} and model = ${model} and item_id = any(${itemIds}::uuid[])`,
			);
			return new Map(rows.map(({ item_id, numbers }) => [item_id, Float32Array.from(numbers)]));
		},

		/**
		 * Removes the items that a migration wrote and nobody has worked with since. It leaves no tombstone, so that they may
		 * be migrated again.
		 * @returns the ids of those it removed, and of those it kept
		 */
		async remove(
			userId: string,
			items: { id: string; correlationId: string; analysisIds: string[] }[],
		): Promise<{ removed: string[]; kept: string[] }> {
			const ids = items.map(({ id }) => id);
			const ours = items.map(({ correlationId }) => correlationId);
			const written = items.flatMap(({ analysisIds }) => analysisIds);
			const removed = await db.query<{ id: string }>(
				sql`delete from items
				    using unnest(${ids}::uuid[], ${ours}::text[]) as wanted (id, correlation_id)
				    where items.user_id = ${userId} and items.id = wanted.id and items.correlation_id = wanted.correlation_id
				      and text_revision = 0 and note is null and not favorite and not tags_edited
				      and not exists (select from analyses where analyses.user_id = ${userId} and item_id = items.id
				        and analyses.id <> all(${written}::uuid[]))
				      and not exists (select from album_items where album_items.user_id = ${userId} and item_id = items.id)
				    returning items.id`,
			);
			const kept = await db.query<{ id: string }>(
				sql`select items.id from items
				    join unnest(${ids}::uuid[], ${ours}::text[]) as wanted (id, correlation_id) on wanted.id = items.id
				    where items.user_id = ${userId} and items.correlation_id = wanted.correlation_id`,
			);
			return { removed: removed.map(({ id }) => id), kept: kept.map(({ id }) => id) };
		},
	};
}

/** Finds the person's other item with these bytes. */
async function sameBytes(tx: Queryable, { userId, id, image }: MigratedItem): Promise<string | null> {
	const [found] = await tx.query<{ id: string }>(
		sql`select id from items where user_id = ${userId} and sha256 = ${image.sha256} and id <> ${id}`,
	);
	return found?.id ?? null;
}

/** @returns the id of the current one */
async function writeAnalyses(tx: Queryable, { id, userId, analyses }: MigratedItem): Promise<string | null> {
	for (const analysis of analyses) {
		await tx.query(
			sql`insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used, trace_id, created_at)
			    values (${analysis.id}, ${id}, ${userId}, ${analysis.version}, ${storableText(analysis.description.category)},
			      ${storableJson(analysis.description)}, ${analysis.provider}, ${analysis.model}, ${analysis.traceId}, ${analysis.createdAt})`,
		);
	}
	const current = analyses.toSorted((a, b) => b.version - a.version)[0];
	if (!current) return null;
	await tx.query(sql`update items set analysis_id = ${current.id} where user_id = ${userId} and id = ${id}`);
	return current.id;
}

/** Writes what searches read: the document, tags and vector, and the reviewed description. */
async function writeSearch(
	tx: Queryable,
	{ id, userId, analyses, vector, reviewed }: MigratedItem,
	currentId: string,
): Promise<void> {
	const current = analyses.find((analysis) => analysis.id === currentId);
	await suggestTags(tx, userId, id, current?.description.tags ?? []);
	await writeDocuments(tx, userId, await documentSources(tx, userId, [id]));
	if (vector) {
		await tx.query(
			sql`insert into embeddings (item_id, user_id, model, analysis_id, category, embedding, created_at)
			    select item_id, user_id, ${vector.model}, analysis_id, category, ${halfvecBytes(vector.numbers)}::halfvec, ${vector.createdAt}
			    from documents where user_id = ${userId} and item_id = ${id}`,
		);
	}
	if (reviewed) {
		const entry = { description: reviewed.description, source_analysis_ids: reviewed.sourceAnalysisIds };
		await tx.query(
			sql`insert into golden_entries (user_id, item_id, entry, reviewed_at)
			    values (${userId}, ${id}, ${storableJson(entry)}, ${reviewed.reviewedAt})`,
		);
	}
}
