import { cursorOfAnotherSort, unknownCursor } from "#core/errors.ts";
import type { ItemPage, ItemSort } from "#core/ports/index.ts";
import { type Sql, sql } from "../sql.ts";

/** A list's order; the id decides between equal keys. */
export interface ItemOrder {
	sort: ItemSort;
	order: "asc" | "desc";
}

export const orderOf = ({ sort = "created", order }: Pick<ItemPage, "sort" | "order">): ItemOrder => ({
	sort,
	order: order ?? (sort === "name" ? "asc" : "desc"),
});

interface Key {
	/** By which a list is sorted. */
	column: Sql;
	/** As text for the cursor, which `isKey` accepts and `read` compares. */
	text: Sql;
	isKey(text: string): boolean;
	read(text: string): Sql;
}

const milliseconds = (time: Sql) => sql`to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS.MS')`;

/** Byte by byte, as an index has it whatever the server's locale. */
const name = sql`lower(items.original_filename) collate "C"`;

export const keys: Record<ItemSort, Key> = {
	created: {
		column: sql`items.created_at`,
		text: milliseconds(sql`items.created_at at time zone 'UTC'`),
		isKey: isRealTime,
		read: (text) => sql`${`${text}Z`}::timestamptz`,
	},
	taken: {
		column: sql`items.dated_at`,
		text: milliseconds(sql`items.dated_at`),
		isKey: isRealTime,
		read: (text) => sql`${text}::timestamp`,
	},
	name: {
		column: name,
		text: name,
		isKey: (text) => text.isWellFormed() && !text.includes("\0"),
		read: (text) => sql`${text}::text collate "C"`,
	},
};

/** A condition on a row's key and id: it follows the cursor's. @throws AppError `invalid_request` */
export function follows(cursor: string, wanted: ItemOrder, row: Sql): Sql {
	const { key, id } = decodeCursor(cursor, wanted);
	const { read } = keys[wanted.sort];
	return wanted.order === "desc"
		? sql`${row} < (${read(key)}, ${id}::uuid)`
		: sql`${row} > (${read(key)}, ${id}::uuid)`;
}

export function encodeCursor({ sort, order }: ItemOrder, key: string, id: string): string {
	return Buffer.from(JSON.stringify([sort, order, key, id])).toString("base64url");
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function decodeCursor(cursor: string, wanted: ItemOrder): { key: string; id: string } {
	const [sort, order, key, id] = partsOf(cursor);
	const isOfList = sort !== undefined && Object.hasOwn(keys, sort) && (order === "asc" || order === "desc");
	if (!isOfList || key === undefined || id === undefined || !uuid.test(id)) throw unknownCursor();
	if (sort !== wanted.sort || order !== wanted.order) throw cursorOfAnotherSort({ sort, order }, wanted);
	if (!keys[wanted.sort].isKey(key)) throw unknownCursor();
	return { key, id };
}

/** @returns none where it is no list of texts */
function partsOf(cursor: string): string[] {
	try {
		const parts: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
		return Array.isArray(parts) && parts.every((part) => typeof part === "string") ? parts : [];
	} catch {
		return [];
	}
}

/** The Date rolls 30 February over to March; PostgreSQL would refuse it. */
function isRealTime(text: string): boolean {
	const time = new Date(`${text}Z`);
	return !Number.isNaN(time.getTime()) && time.toISOString() === `${text}Z` && /^\d{4}-/.test(text);
}
