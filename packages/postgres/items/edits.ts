import { isDeepStrictEqual } from "node:util";
import { searchText } from "#core/items/analysis.ts";
import { takenAt } from "#core/items/taken-at.ts";
import { requestEvent } from "#core/pipeline/work-request.ts";
import type { Edits, ItemEdit, ItemWithAnalysis } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { announce } from "../pipeline/outbox.ts";
import { type RequestRow, requestFromRow } from "../rows.ts";
import { rewriteDocuments } from "../search/documents.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";
import { setTags, suggestTags } from "./tags.ts";
import { itemWithAnalysis, type WholeItemRow, wholeItem, withCurrentAnalysis } from "./whole-item.ts";

/** People's own words in PostgreSQL. An edit locks the item's row first, as every commit of a stage does. */
export function postgresEdits(db: Database): Edits {
	return {
		edit: (userId, itemId, edit, check) =>
			db.transaction(async (tx) => {
				await lockItem(tx, userId, itemId);
				const before = await findWhole(tx, userId, itemId);
				if (!before) return null;
				check?.(before);
				await writeWords(tx, before, edit);
				if (edit.takenAt !== undefined) await writeTakenAt(tx, before, edit.takenAt);
				if (edit.tags !== undefined) await writeTags(tx, before, edit.tags);
				const after = await findWhole(tx, userId, itemId);
				if (!after || isDeepStrictEqual(textOf(before), textOf(after))) return after;
				await followText(tx, after);
				return findWhole(tx, userId, itemId);
			}),
	};
}

/** A statement of its own: one that waits for the lock reads tags and analysis as they were when it began. */
async function lockItem(tx: Queryable, userId: string, itemId: string): Promise<void> {
	await tx.query(sql`select from items where user_id = ${userId} and id = ${itemId} for update`);
}

async function findWhole(tx: Queryable, userId: string, itemId: string): Promise<ItemWithAnalysis | null> {
	const [row] = await tx.query<WholeItemRow>(
		sql`select ${wholeItem}
		    from items ${withCurrentAnalysis}
		    where items.user_id = ${userId} and items.id = ${itemId}`,
	);
	return row ? itemWithAnalysis(row) : null;
}

/** Everything that is searched, or nothing before the first analysis. */
const textOf = ({ item, latestAnalysis, tags }: ItemWithAnalysis) =>
	latestAnalysis && searchText(latestAnalysis.description, { ...item, tags });

async function writeWords(tx: Queryable, { item }: ItemWithAnalysis, edit: ItemEdit): Promise<void> {
	const { edits } = item;
	const stored = (words: string | null) => words && storableText(words);
	const { headline = edits.headline, summary = edits.summary, category = edits.category, note = item.note } = edit;
	await tx.query(
		sql`update items set edited_headline = ${stored(headline)}, edited_summary = ${stored(summary)},
		      edited_category = ${stored(category)}, note = ${stored(note)}, favorite = ${edit.favorite ?? item.favorite},
		      updated_at = clock_timestamp()
		    where user_id = ${item.userId} and id = ${item.id}`,
	);
}

/** The file's own time is kept beside the person's, and comes back with null. */
async function writeTakenAt(
	tx: Queryable,
	{ item }: ItemWithAnalysis,
	own: NonNullable<ItemEdit["takenAt"]> | null,
): Promise<void> {
	const isOwn = item.takenAt?.source === "user";
	if (!own && !isOwn) return;
	const [kept] = await tx.query<FileTimeRow>(
		sql`select file_taken_at_local as local, file_taken_at_offset as offset, file_taken_at_source as source
		    from items where user_id = ${item.userId} and id = ${item.id}`,
	);
	const ofFile = isOwn ? kept?.local && kept.source && takenAt(kept.local, kept.offset, kept.source) : item.takenAt;
	const shown = own ?? (ofFile || null);
	const hidden = own ? ofFile || null : null;
	await tx.query(
		sql`update items set taken_at = ${shown?.instant ?? null}, taken_at_local = ${shown?.local ?? null},
		      taken_at_offset = ${shown?.offset ?? null}, taken_at_source = ${shown?.source ?? null},
		      file_taken_at_local = ${hidden?.local ?? null}, file_taken_at_offset = ${hidden?.offset ?? null},
		      file_taken_at_source = ${hidden?.source ?? null}
		    where user_id = ${item.userId} and id = ${item.id}`,
	);
}

interface FileTimeRow {
	local: string | null;
	offset: string | null;
	source: "exif" | "filename" | null;
}

async function writeTags(
	tx: Queryable,
	{ item, latestAnalysis }: ItemWithAnalysis,
	names: string[] | null,
): Promise<void> {
	await setTags(tx, item.userId, item.id, names ?? []);
	if (!names) await suggestTags(tx, item.userId, item.id, latestAnalysis?.description.tags ?? []);
	await tx.query(
		sql`update items set tags_edited = ${names !== null} where user_id = ${item.userId} and id = ${item.id}`,
	);
}

/** Makes document and vector follow the changed text: the document at once, the vector by an event. */
async function followText(tx: Queryable, { item, latestAnalysis, tags }: ItemWithAnalysis): Promise<void> {
	await tx.query(
		sql`update items set text_revision = text_revision + 1 where user_id = ${item.userId} and id = ${item.id}`,
	);
	if (!latestAnalysis) return;
	await rewriteDocuments(tx, item.userId, [{ item, analysis: latestAnalysis, tags }]);
	// Where it was pending already, it is new work.
	const [row] = await tx.query<RequestRow>(
		sql`update requests set attempts = 0, swept_at = clock_timestamp()
		    where user_id = ${item.userId} and item_id = ${item.id} and kind = 'embed' and status = 'pending'
		    returning *`,
	);
	if (row) await announce(tx, requestEvent(requestFromRow(row), item.correlationId));
}
