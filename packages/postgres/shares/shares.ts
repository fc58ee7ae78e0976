import { AppError } from "#core/errors.ts";
import type { ImageType } from "#core/items/item.ts";
import type { Shares } from "#core/ports/index.ts";
import { maxShares, type Share, type SharedPicture } from "#core/shares/share.ts";
import { camelCased } from "../camel-case.ts";
import type { Database } from "../database.ts";
import { type Sql, sql } from "../sql.ts";
import { storableText } from "../text.ts";

interface ShareRow {
	id: string;
	user_id: string;
	item_id: string | null;
	album_id: string | null;
	title: string | null;
	password_hash: string | null;
	allow_download: boolean;
	keep_metadata: boolean;
	views: number;
	last_viewed_at: Date | null;
	expires_at: Date | null;
	created_at: Date;
}

interface PictureRow {
	id: string;
	title: string | null;
	width: number;
	height: number;
	mime_type: ImageType;
	original_filename: string;
	place: number;
	total: number;
}

/** Every column but the hash of the token, which no answer needs. */
const columns = sql`shares.user_id, shares.id, item_id, album_id, title, password_hash, allow_download, keep_metadata,
	      views, last_viewed_at, expires_at, shares.created_at`;

/** Shares in PostgreSQL. */
export function postgresShares(db: Database): Shares {
	return {
		async create(share) {
			const { id, userId, tokenHash, itemId, albumId, passwordHash, allowDownload, keepMetadata, expiresAt } = share;
			const title = share.title === null ? null : storableText(share.title);
			const [row] = await db.query<Partial<ShareRow> & { is_smart: boolean }>(
				sql`with subject as (
				      select false as is_smart from items where user_id = ${userId} and id = ${itemId} and trashed_at is null
				      union all
				      select smart is not null from albums where user_id = ${userId} and id = ${albumId}
				    ), made as (
				      insert into shares (user_id, id, token_hash, item_id, album_id, title, password_hash, allow_download,
				        keep_metadata, expires_at)
				      select ${userId}, ${id}::uuid, ${tokenHash}::bytea, ${itemId}::uuid, ${albumId}::uuid, ${title}::text,
				        ${passwordHash}::text, ${allowDownload}::boolean, ${keepMetadata}::boolean, ${expiresAt}::timestamptz
				      from subject
				      where not is_smart
				        and (select count(*) < ${maxShares} from (
				          select from shares where user_id = ${userId} limit ${maxShares}) as existing)
				      returning ${columns}
				    )
				    select is_smart, made.* from subject left join made on true`,
			);
			if (!row) return null;
			const { is_smart, ...made } = row;
			if (made.id) return camelCased(made as ShareRow);
			if (is_smart) {
				throw new AppError(
					"album_is_smart",
					`The album ${albumId} is a smart one: what its search finds tomorrow would be public without you. Share an album to which you add items.`,
				);
			}
			throw new AppError(
				"too_many_shares",
				`You have ${maxShares} shares, which is the maximum: end some (DELETE /shares/{id}), then share more.`,
			);
		},

		async list(userId) {
			const rows = await db.query<ShareRow>(
				sql`select ${columns} from shares where user_id = ${userId}
				    order by created_at desc, id desc
				    limit ${maxShares}`,
			);
			return rows.map(camelCased);
		},

		async delete(userId, shareId) {
			const deleted = await db.query(
				sql`delete from shares where user_id = ${userId} and id = ${shareId} returning id`,
			);
			return deleted.length > 0;
		},

		async findByToken(tokenHash) {
			const [row] = await db.query<ShareRow>(
				sql`select ${columns} from shares
				    where token_hash = ${tokenHash} and (expires_at is null or expires_at > clock_timestamp())
				      and not exists (select from deleted_accounts where user_id = shares.user_id)`,
			);
			return row ? camelCased(row) : null;
		},

		async countView(userId, shareId) {
			await db.query(
				sql`update shares set views = views + 1, last_viewed_at = clock_timestamp()
				    where user_id = ${userId} and id = ${shareId}`,
			);
		},

		async page(share, { offset, limit }) {
			const [subject] = await db.query<{ album_name: string | null }>(
				share.albumId
					? sql`select name as album_name from albums where user_id = ${share.userId} and id = ${share.albumId}`
					: sql`select null as album_name from items
					      where user_id = ${share.userId} and id = ${share.itemId} and trashed_at is null
					        and (width is not null or status <> 'failed')`,
			);
			if (!subject) return null;
			const rows = await db.query<PictureRow>(
				sql`with pictures as (${picturesOf(share)})
				    select pictures.*, (select count(*)::int from pictures) as total
				    from pictures
				    order by place
				    limit ${limit} offset ${offset}`,
			);
			const [counted] =
				rows.length > 0
					? rows
					: await db.query<{ total: number }>(
							sql`select count(*)::int as total from (${picturesOf(share)}) as pictures`,
						);
			return { albumName: subject.album_name, pictures: rows.map(pictureFromRow), total: counted?.total ?? 0 };
		},

		async picture(share, itemId) {
			const [row] = await db.query<PictureRow>(
				sql`with pictures as (${picturesOf(share)}) select * from pictures where id = ${itemId}`,
			);
			return row ? { ...pictureFromRow(row), place: row.place } : null;
		},
	};
}

/** A statement: the pictures that a share shows now, with their places from 0. The title is the person's own. */
function picturesOf({ userId, itemId, albumId }: Share): Sql {
	const picture = sql`items.id, edited_headline as title, width, height, mime_type, original_filename`;
	const isShown = sql`items.user_id = ${userId} and width is not null and trashed_at is null`;
	if (itemId) return sql`select ${picture}, 0 as place from items where ${isShown} and items.id = ${itemId}`;
	return sql`select ${picture}, (row_number() over (order by position, items.id) - 1)::int as place
	      from album_items
	      join items on items.user_id = album_items.user_id and items.id = album_items.item_id
	      where ${isShown} and album_items.user_id = ${userId} and album_id = ${albumId}`;
}

function pictureFromRow(row: PictureRow): SharedPicture {
	return {
		itemId: row.id,
		title: row.title,
		width: row.width,
		height: row.height,
		mimeType: row.mime_type,
		originalFilename: row.original_filename,
	};
}
