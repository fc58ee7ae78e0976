import { smartSearch } from "#core/albums/album.ts";
import type { ArchiveEntry } from "#core/archive/archive.ts";
import { type ArchivedItem, archivedItemOf, vectorOf } from "#core/archive/archived-item.ts";
import { derivedId } from "#core/ids.ts";
import { cleanTag, tagKey } from "#core/items/tag-names.ts";
import { takenAt } from "#core/items/taken-at.ts";
import type { Archives } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { type AnalysisRow, analysisFromJson, type ItemRow, itemFromRow } from "../rows.ts";
import { halfvecBytes } from "../search/halfvec.ts";
import { sql } from "../sql.ts";
import { storableJson, storableText } from "../text.ts";

interface ArchivedRow extends ItemRow {
	/** As jsonb. */
	analyses: AnalysisRow[];
	tags: { name: string; source: "person" | "model" }[];
	removed_tags: string[];
}

interface VectorRow {
	item_id: string;
	model: string;
	analysis_id: string;
	created_at: Date;
	numbers: number[];
}

interface PartRow {
	name: string;
	key: string;
	/** bigint, which the driver returns as text. */
	size: string;
	sha256: string;
}

/** Archives of a person's rows, in PostgreSQL. */
export function postgresArchives(db: Database): Archives {
	return {
		async itemIds(userId, limit) {
			const rows = await db.query<{ id: string }>(
				sql`select id from items
				    where user_id = ${userId} and status <> 'pending' and error_code is distinct from 'duplicate'
				      and error_code is distinct from 'upload_missing'
				    order by created_at, id limit ${limit}`,
			);
			return rows.map(({ id }) => id);
		},

		async items(userId, itemIds) {
			const rows = await db.query<ArchivedRow>(
				sql`select items.*,
				      coalesce((
				        select jsonb_agg(to_jsonb(analyses)) from analyses
				        where analyses.user_id = ${userId} and analyses.item_id = items.id), '[]') as analyses,
				      coalesce((
				        select jsonb_agg(jsonb_build_object('name', name, 'source', source) order by position, tag) from item_tags
				        where item_tags.user_id = ${userId} and item_tags.item_id = items.id), '[]') as tags,
				      array(
				        select tag from removed_tags
				        where removed_tags.user_id = ${userId} and removed_tags.item_id = items.id) as removed_tags
				    from unnest(${itemIds}::uuid[]) with ordinality as wanted (id, place)
				    join items on items.user_id = ${userId} and items.id = wanted.id
				    order by place`,
			);
			const vectors = await db.query<VectorRow>(
				sql`select item_id, model, analysis_id, created_at, embedding::vector::real[] as numbers from embeddings
				    where user_id = ${userId} and item_id = any(${itemIds}::uuid[])
				    order by item_id, model`,
			);
			const byItem = Map.groupBy(vectors, ({ item_id }) => item_id);
			return rows.map((row) => archivedFromRow(row, byItem.get(row.id) ?? []));
		},

		addWords: (userId, itemId, archived) =>
			db.transaction(async (tx) => {
				const [waiting] = await tx.query(
					sql`select id from items
					    where user_id = ${userId} and id = ${itemId} and status = 'pending' and analysis_id is null for update`,
				);
				if (!waiting) return;
				// A former import was deleted: what is left of that is nothing that came since.
				await tx.query(sql`delete from tombstones where user_id = ${userId} and item_id = ${itemId}`);
				const currentId = await addAnalyses(tx, userId, itemId, archived.analyses);
				await addOwnWords(tx, userId, itemId, archived, currentId);
				await addTags(tx, userId, itemId, archived);
				if (currentId) await addVectors(tx, userId, itemId, archived);
			}),

		async albums(userId) {
			const rows = await db.query<{
				id: string;
				name: string;
				description: string | null;
				cover_item_id: string | null;
				smart: unknown;
				created_at: Date;
				item_ids: string[];
			}>(
				sql`select id, name, description, cover_item_id, smart, created_at, array(
				      select item_id from album_items
				      where album_items.user_id = ${userId} and album_items.album_id = albums.id
				      order by position, item_id) as item_ids
				    from albums where user_id = ${userId}
				    order by created_at, id`,
			);
			return rows.map(({ smart, created_at, ...row }) => ({
				...row,
				smart: smart === null ? null : smartSearch.parse(smart),
				created_at: created_at.toISOString(),
			}));
		},

		async putPart(userId, jobId, { name, key, size, sha256, entries }) {
			await db.query(
				sql`insert into job_parts (user_id, job_id, name, key, size, sha256, entries)
				    values (${userId}, ${jobId}, ${name}, ${key}, ${size}, ${sha256}, ${JSON.stringify(entries)}::jsonb)
				    on conflict (user_id, job_id, name) do update
				      set key = excluded.key, size = excluded.size, sha256 = excluded.sha256, entries = excluded.entries`,
			);
		},

		async parts(userId, jobId) {
			const rows = await db.query<PartRow>(
				sql`select name, key, size, sha256 from job_parts
				    where user_id = ${userId} and job_id = ${jobId} order by name`,
			);
			return rows.map((row) => ({ ...row, size: Number(row.size) }));
		},

		async entries(userId, jobId) {
			const rows = await db.query<{ name: string; entries: ArchiveEntry[] }>(
				sql`select name, entries from job_parts where user_id = ${userId} and job_id = ${jobId} order by name`,
			);
			return rows.flatMap(({ name, entries }) => entries.map((entry) => ({ ...entry, part: name })));
		},

		async otherJobs(userId, jobId) {
			const rows = await db.query<{ job_id: string }>(
				sql`select distinct job_id from job_parts where user_id = ${userId} and job_id <> ${jobId}`,
			);
			return rows.map(({ job_id }) => job_id);
		},

		async forgetParts(userId, jobId) {
			await db.query(sql`delete from job_parts where user_id = ${userId} and job_id = ${jobId}`);
		},
	};
}

/** @returns the id of the current one */
async function addAnalyses(
	tx: Queryable,
	userId: string,
	itemId: string,
	analyses: ArchivedItem["analyses"],
): Promise<string | null> {
	for (const { id, version, description, ...more } of analyses) {
		await tx.query(
			sql`insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used, trace_id,
			      usage, verification, created_at)
			    values (${derivedId(userId, id)}, ${itemId}, ${userId}, ${version}, ${storableText(description.category)},
			      ${storableJson(description)}, ${storableText(more.provider)}, ${storableText(more.model)},
			      ${more.trace_id && storableText(more.trace_id)}, ${storableJson(more.usage)}::jsonb,
			      ${more.verification && storableJson(more.verification)}::jsonb, ${new Date(more.created_at)})`,
		);
	}
	const current = currentOf(analyses);
	return current ? derivedId(userId, current.id) : null;
}

const currentOf = (analyses: ArchivedItem["analyses"]) => analyses.toSorted((a, b) => b.version - a.version)[0];

async function addOwnWords(
	tx: Queryable,
	userId: string,
	itemId: string,
	{ edits, note, favorite, taken_at, created_at, trashed_at }: ArchivedItem,
	currentId: string | null,
): Promise<void> {
	const stored = (text: string | null) => text && storableText(text);
	// The file's own time comes with the file.
	const own = taken_at?.source === "user" ? takenAt(taken_at.local, taken_at.offset, "user") : null;
	await tx.query(
		sql`update items set analysis_id = ${currentId},
		      edited_headline = ${stored(edits.headline)}, edited_summary = ${stored(edits.summary)},
		      edited_category = ${stored(edits.category)}, tags_edited = ${edits.tags}, note = ${stored(note)},
		      favorite = ${favorite}, taken_at = ${own?.instant ?? null}, taken_at_local = ${own?.local ?? null},
		      taken_at_offset = ${own?.offset ?? null}, taken_at_source = ${own?.source ?? null},
		      created_at = least(${new Date(created_at)}, clock_timestamp()),
		      -- Its days in the trash begin anew.
		      trashed_at = case when ${trashed_at !== null} then clock_timestamp() end
		    where user_id = ${userId} and id = ${itemId}`,
	);
}

async function addTags(tx: Queryable, userId: string, itemId: string, { tags, removed_tags }: ArchivedItem) {
	const clean = tags.map(({ name, source }) => ({ name: storableText(cleanTag(name)), source }));
	const named = clean.filter(({ name }) => name !== "");
	await tx.query(
		sql`insert into item_tags (user_id, item_id, tag, name, source, position)
		    select ${userId}, ${itemId}, tag, name, source, place - 1
		    from unnest(${named.map(({ name }) => tagKey(name))}::text[], ${named.map(({ name }) => name)}::text[],
		      ${named.map(({ source }) => source)}::text[]) with ordinality as added (tag, name, source, place)
		    on conflict do nothing`,
	);
	await tx.query(
		sql`insert into removed_tags (user_id, item_id, tag)
		    select ${userId}, ${itemId}, tag from unnest(${removed_tags.map((tag) => storableText(tagKey(tag)))}::text[]) as tag
		    on conflict do nothing`,
	);
}

/** Vectors of older analyses are of another text. */
async function addVectors(
	tx: Queryable,
	userId: string,
	itemId: string,
	{ analyses, embeddings, edits }: ArchivedItem,
) {
	const current = currentOf(analyses);
	for (const { model, analysis_id, vector, created_at } of embeddings) {
		if (!current || analysis_id !== current.id) continue;
		await tx.query(
			sql`insert into embeddings (item_id, user_id, model, analysis_id, category, embedding, created_at)
			    values (${itemId}, ${userId}, ${storableText(model)}, ${derivedId(userId, current.id)},
			      ${storableText(edits.category ?? current.description.category)}, ${halfvecBytes(vectorOf(vector))}::halfvec,
			      ${new Date(created_at)})`,
		);
	}
}

const archivedFromRow = (row: ArchivedRow, vectors: VectorRow[]): ArchivedItem =>
	archivedItemOf(itemFromRow(row), {
		analyses: row.analyses.map(analysisFromJson),
		tags: row.tags,
		removedTags: row.removed_tags,
		vectors: vectors.map(({ model, analysis_id, numbers, created_at }) => ({
			model,
			analysisId: analysis_id,
			numbers,
			createdAt: created_at,
		})),
	});
