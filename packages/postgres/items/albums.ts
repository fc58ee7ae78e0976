import { type Album, type SmartSearch, smartSearch } from "#core/albums/album.ts";
import { albumNamedBy, requireNesting } from "#core/albums/nesting.ts";
import { albumFull, albumHasItems, albumIsSmart, albumNotFound, itemNotFound, tooManyAlbums } from "#core/errors.ts";
import type { Albums, ListedAlbum } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { sql } from "../sql.ts";
import { storableJson, storableText } from "../text.ts";
import { isListed } from "./item-filter.ts";

interface AlbumRow {
	id: string;
	user_id: string;
	name: string;
	description: string | null;
	cover_item_id: string | null;
	smart: unknown;
	created_at: Date;
	updated_at: Date;
}

interface ListedAlbumRow extends AlbumRow {
	item_count: number;
	shown_cover_id: string | null;
}

/** Albums in PostgreSQL. */
export function postgresAlbums(db: Database): Albums {
	return {
		create: ({ id, userId, name, description, coverItemId, smart }, { maxAlbums }) =>
			db.transaction(async (tx) => {
				await requireCover(tx, userId, coverItemId);
				await requireNamedAlbum(tx, userId, smart);
				if (smart && albumNamedBy(smart)) {
					const others = await tx.query<AlbumRow>(
						sql`select * from albums where user_id = ${userId} and smart is not null`,
					);
					requireNesting(others.map(albumFromRow), id, smart);
				}
				const [row] = await tx.query<AlbumRow>(
					sql`insert into albums (user_id, id, name, description, cover_item_id, smart)
					    select ${userId}, ${id}, ${storableText(name)}, ${description && storableText(description)},
					      ${coverItemId}, ${smart && storableJson(smart)}::jsonb
					    where (select count(*) from albums where user_id = ${userId}) < ${maxAlbums}
					    returning *`,
				);
				if (row) return albumFromRow(row);
				throw tooManyAlbums(maxAlbums);
			}),

		async find(userId, albumId) {
			const [row] = await db.query<ListedAlbumRow>(
				sql`select albums.*, ${shown(userId)}
				    from albums where albums.user_id = ${userId} and albums.id = ${albumId}`,
			);
			return row ? listedFromRow(row) : null;
		},

		async list(userId, { limit, offset }) {
			const rows = await db.query<ListedAlbumRow>(
				sql`select albums.*, ${shown(userId)}
				    from albums where albums.user_id = ${userId}
				    order by albums.created_at desc, albums.id desc
				    limit ${limit} offset ${offset}`,
			);
			const [counted] = await db.query<{ total: number }>(
				sql`select count(*)::int as total from albums where user_id = ${userId}`,
			);
			return { albums: rows.map(listedFromRow), total: counted?.total ?? 0 };
		},

		update: (userId, albumId, fields) =>
			db.transaction(async (tx) => {
				// All of the person's smart albums, in one order: two changes at once could close a circle that neither sees.
				const locked = await tx.query<AlbumRow>(
					sql`select * from albums where user_id = ${userId} and (id = ${albumId} or smart is not null)
					    order by id for update`,
				);
				const current = locked.find(({ id }) => id === albumId);
				if (!current) return null;
				const { name, description, coverItemId, smart } = { ...albumFromRow(current), ...fields };
				if (fields.coverItemId) await requireCover(tx, userId, fields.coverItemId);
				if (fields.smart) {
					await requireNamedAlbum(tx, userId, fields.smart);
					requireNesting(locked.map(albumFromRow), albumId, fields.smart);
					await requireEmpty(tx, userId, albumId);
				}
				const [row] = await tx.query<AlbumRow>(
					sql`update albums set name = ${storableText(name)}, description = ${description && storableText(description)},
					      cover_item_id = ${coverItemId}, smart = ${smart && storableJson(smart)}::jsonb,
					      updated_at = clock_timestamp()
					    where user_id = ${userId} and id = ${albumId}
					    returning *`,
				);
				return row ? albumFromRow(row) : null;
			}),

		async delete(userId, albumId) {
			const rows = await db.query(sql`delete from albums where user_id = ${userId} and id = ${albumId} returning id`);
			return rows.length > 0;
		},

		putItems: (userId, albumId, itemIds, { position, maxItems }) =>
			db.transaction(async (tx) => {
				await lockPlain(tx, userId, albumId);
				// The place before which the items come; beyond the last one, the end.
				const before =
					position === undefined
						? null
						: await tx.query<{ position: number }>(
								sql`select position from album_items
								    where user_id = ${userId} and album_id = ${albumId} and not item_id = any(${itemIds}::uuid[])
								    order by position, item_id limit 1 offset ${position}`,
							);
				const [end] = await tx.query<{ next: number }>(
					sql`select coalesce(max(position) + 1, 0) as next from album_items
					    where user_id = ${userId} and album_id = ${albumId}`,
				);
				const at = before?.[0]?.position ?? end?.next ?? 0;
				if (before?.[0]) {
					await tx.query(
						sql`update album_items set position = position + ${itemIds.length}
						    where user_id = ${userId} and album_id = ${albumId} and position >= ${at}`,
					);
				}
				await tx.query(
					sql`insert into album_items (user_id, album_id, item_id, position)
					    select ${userId}, ${albumId}, items.id, ${at} + place - 1
					    from unnest(${itemIds}::uuid[]) with ordinality as given (id, place)
					    join items on items.user_id = ${userId} and items.id = given.id
					    order by place
					    on conflict (user_id, album_id, item_id) do update
					      set position = case when ${before !== null} then excluded.position else album_items.position end`,
				);
				const [counted] = await tx.query<{ items: number }>(
					sql`select count(*)::int as items from album_items where user_id = ${userId} and album_id = ${albumId}`,
				);
				if ((counted?.items ?? 0) > maxItems) throw albumFull(albumId, maxItems);
				await touch(tx, userId, albumId);
			}),

		removeItems: (userId, albumId, itemIds) =>
			db.transaction(async (tx) => {
				await lockPlain(tx, userId, albumId);
				await tx.query(
					sql`delete from album_items
					    where user_id = ${userId} and album_id = ${albumId} and item_id = any(${itemIds}::uuid[])`,
				);
				await touch(tx, userId, albumId);
			}),
	};
}

/** Columns beside those of `albums`: the number of items, and the item that is the cover. */
const shown = (userId: string) =>
	sql`(select count(*)::int from album_items
	      join items on items.user_id = ${userId} and items.id = album_items.item_id
	      where album_items.user_id = ${userId} and album_items.album_id = albums.id and ${isListed}) as item_count,
	    coalesce(
	      (select items.id from items
	       where items.user_id = ${userId} and items.id = albums.cover_item_id and items.width is not null and ${isListed}),
	      (select items.id from album_items
	       join items on items.user_id = ${userId} and items.id = album_items.item_id
	       where album_items.user_id = ${userId} and album_items.album_id = albums.id
	         and items.width is not null and ${isListed}
	       order by album_items.position, album_items.item_id limit 1)) as shown_cover_id`;

async function requireCover(tx: Queryable, userId: string, itemId: string | null): Promise<void> {
	if (!itemId) return;
	const [item] = await tx.query(sql`select id from items where user_id = ${userId} and id = ${itemId}`);
	if (!item) throw itemNotFound(itemId);
}

async function requireNamedAlbum(tx: Queryable, userId: string, smart: SmartSearch | null): Promise<void> {
	const named = smart && albumNamedBy(smart);
	if (!named) return;
	const [album] = await tx.query(sql`select id from albums where user_id = ${userId} and id = ${named}`);
	if (!album) throw albumNotFound(named);
}

async function requireEmpty(tx: Queryable, userId: string, albumId: string): Promise<void> {
	const [item] = await tx.query(
		sql`select item_id from album_items where user_id = ${userId} and album_id = ${albumId} limit 1`,
	);
	if (item) throw albumHasItems(albumId);
}

/** Locks an album to which a person adds items: one change of its order at a time. */
async function lockPlain(tx: Queryable, userId: string, albumId: string): Promise<void> {
	const [album] = await tx.query<{ is_smart: boolean }>(
		sql`select smart is not null as is_smart from albums where user_id = ${userId} and id = ${albumId} for update`,
	);
	if (!album) throw albumNotFound(albumId);
	if (album.is_smart) throw albumIsSmart(albumId);
}

async function touch(tx: Queryable, userId: string, albumId: string): Promise<void> {
	await tx.query(sql`update albums set updated_at = clock_timestamp() where user_id = ${userId} and id = ${albumId}`);
}

function albumFromRow(row: AlbumRow): Album {
	return {
		id: row.id,
		userId: row.user_id,
		name: row.name,
		description: row.description,
		coverItemId: row.cover_item_id,
		smart: row.smart === null ? null : smartSearch.parse(row.smart),
		createdAt: row.created_at,
		updatedAt: row.updated_at,
	};
}

const listedFromRow = (row: ListedAlbumRow): ListedAlbum => ({
	album: albumFromRow(row),
	itemCount: row.item_count,
	coverItemId: row.shown_cover_id,
});
