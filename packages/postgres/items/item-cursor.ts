import { cursorOfAnotherSort, unknownCursor } from "#core/errors.ts";
import { isStorable } from "#core/input-fields.ts";
import { defaultOrders, type ItemPage, type ItemSort } from "#core/ports/index.ts";
import { decodeParts, encodeParts, isUuid } from "../list-cursor.ts";
import { type Sql, sql } from "../sql.ts";

/** A list's order; the id decides between equal keys. */
export interface ItemOrder {
	sort: ItemSort;
	order: "asc" | "desc";
}

export const orderOf = ({ sort = "created", order }: Pick<ItemPage, "sort" | "order">): ItemOrder => ({
	sort,
	order: order ?? defaultOrders[sort],
});

interface Key {
	/** By which a list is sorted. */
	column: Sql;
	/** A value of the column as text for the cursor, which `isKey` accepts and `read` compares. */
	text(value: Sql): Sql;
	isKey(text: string): boolean;
	read(text: string): Sql;
}

const milliseconds = (time: Sql) => sql`to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS.MS')`;

/** Byte by byte, as an index has it whatever the server's locale. */
const name = sql`lower(items.original_filename) collate "C"`;

/** Of PostgreSQL. */
const maxInteger = 2_147_483_647;

export const keys: Record<ItemSort, Key> = {
	created: {
		column: sql`items.created_at`,
		text: (time) => milliseconds(sql`${time} at time zone 'UTC'`),
		isKey: isRealTime,
		read: (text) => sql`${`${text}Z`}::timestamptz`,
	},
	taken: {
		column: sql`items.dated_at`,
		text: milliseconds,
		isKey: isRealTime,
		read: (text) => sql`${text}::timestamp`,
	},
	name: {
		column: name,
		text: (value) => value,
		isKey: isStorable,
		read: (text) => sql`${text}::text collate "C"`,
	},
	position: {
		column: sql`placed.position`,
		text: (position) => sql`${position}::text`,
		isKey: (text) => /^\d{1,10}$/.test(text) && Number(text) <= maxInteger,
		read: (text) => sql`${text}::int`,
	},
};

/** Joined to `items` where a list is sorted so: the places of an album's items. */
export const placesIn = (album: string | undefined, user: Sql) =>
	sql`join album_items as placed on placed.user_id = ${user} and placed.album_id = ${album ?? null}::uuid and placed.item_id = items.id`;

/** A condition on a row's key and id: it follows the cursor's. @throws AppError `invalid_request` */
export function follows(cursor: string, wanted: ItemOrder, row: Sql): Sql {
	const { key, id } = decodeCursor(cursor, wanted);
	const { read } = keys[wanted.sort];
	return wanted.order === "desc"
		? sql`${row} < (${read(key)}, ${id}::uuid)`
		: sql`${row} > (${read(key)}, ${id}::uuid)`;
}

export function encodeCursor({ sort, order }: ItemOrder, key: string, id: string): string {
	return encodeParts([sort, order, key, id]);
}

function decodeCursor(cursor: string, wanted: ItemOrder): { key: string; id: string } {
	const [sort, order, key, id] = decodeParts(cursor);
	const isOfList = sort !== undefined && Object.hasOwn(keys, sort) && (order === "asc" || order === "desc");
	if (!isOfList || key === undefined || id === undefined || !isUuid(id)) throw unknownCursor();
	if (sort !== wanted.sort || order !== wanted.order) throw cursorOfAnotherSort({ sort, order }, wanted);
	if (!keys[wanted.sort].isKey(key)) throw unknownCursor();
	return { key, id };
}

/** The Date rolls 30 February over to March; PostgreSQL would refuse it. */
function isRealTime(text: string): boolean {
	const time = new Date(`${text}Z`);
	return !Number.isNaN(time.getTime()) && time.toISOString() === `${text}Z` && /^\d{4}-/.test(text);
}
