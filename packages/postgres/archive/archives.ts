import { smartSearch } from "#core/albums/album.ts";
import type { ArchiveEntry } from "#core/archive/archive.ts";
import { type ArchivedItem, vectorText } from "#core/archive/archived-item.ts";
import type { Archives } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type AnalysisRow, type ItemRow, takenAtFromRow } from "../rows.ts";
import { sql } from "../sql.ts";

interface ArchivedRow extends ItemRow {
	/** As jsonb, in which times are text. */
	analyses: (Omit<AnalysisRow, "created_at"> & { created_at: string })[];
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
				        select jsonb_agg(to_jsonb(analyses) order by version) from analyses
				        where analyses.user_id = ${userId} and analyses.item_id = items.id), '[]') as analyses,
				      coalesce((
				        select jsonb_agg(jsonb_build_object('name', name, 'source', source) order by position, tag) from item_tags
				        where item_tags.user_id = ${userId} and item_tags.item_id = items.id), '[]') as tags,
				      array(
				        select tag from removed_tags
				        where removed_tags.user_id = ${userId} and removed_tags.item_id = items.id order by tag) as removed_tags
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

function archivedFromRow(row: ArchivedRow, vectors: VectorRow[]): ArchivedItem {
	const taken = takenAtFromRow(row);
	return {
		id: row.id,
		original_filename: row.original_filename,
		mime_type: row.mime_type,
		file_size: Number(row.file_size),
		sha256: row.sha256,
		status: row.status,
		error: row.error_code === null ? null : { code: row.error_code, detail: row.error_detail ?? "" },
		width: row.width,
		height: row.height,
		taken_at: taken && { local: taken.local, offset: taken.offset, source: taken.source },
		camera: row.camera,
		location:
			row.latitude === null || row.longitude === null ? null : { latitude: row.latitude, longitude: row.longitude },
		colours: row.colours,
		edits: {
			headline: row.edited_headline,
			summary: row.edited_summary,
			category: row.edited_category,
			tags: row.tags_edited,
		},
		note: row.note,
		favorite: row.favorite,
		tags: row.tags,
		removed_tags: row.removed_tags,
		trashed_at: row.trashed_at?.toISOString() ?? null,
		created_at: row.created_at.toISOString(),
		updated_at: row.updated_at.toISOString(),
		analyses: row.analyses.map(archivedAnalysis),
		embeddings: vectors.map(({ model, analysis_id, numbers, created_at }) => ({
			model,
			analysis_id,
			vector: vectorText(numbers),
			created_at: created_at.toISOString(),
		})),
	};
}

const archivedAnalysis = (row: ArchivedRow["analyses"][number]): ArchivedItem["analyses"][number] => ({
	id: row.id,
	version: row.version,
	description: row.raw_response,
	provider: row.provider_used,
	model: row.model_used,
	trace_id: row.trace_id,
	usage: row.usage,
	verification: row.verification && { ...row.verification },
	created_at: new Date(row.created_at).toISOString(),
});
