import { cleanTag, tagKey } from "#core/items/tag-names.ts";
import type { Tag, Tags } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";
import { isListed } from "./item-filter.ts";

/**
 * Tags over all items of a person in PostgreSQL. A change locks the items' rows first, in the order of their ids, so that
 * neither two of them nor a stage's commit deadlock.
 */
export function postgresTags(db: Database): Tags {
	return {
		async list(userId, { limit, offset = 0, ownFirst = false }) {
			const listed = sql`from item_tags ${itemsOfTags} where item_tags.user_id = ${userId} and ${isListed}`;
			const rows = await db.query<Tag & { total: number }>(
				sql`select ${shownName} as name, count(*)::int as items, (count(*) over ())::int as total ${listed}
				    group by tag
				    order by ${ownFirst ? sql`bool_or(source = 'person') desc, ` : sql``}count(*) desc, tag
				    limit ${limit} offset ${offset}`,
			);
			const isBeyondTheLast = rows.length === 0 && offset > 0;
			const [counted] = isBeyondTheLast
				? await db.query<{ total: number }>(sql`select count(distinct tag)::int as total ${listed}`)
				: rows;
			return { tags: rows.map(({ name, items }) => ({ name, items })), total: counted?.total ?? 0 };
		},

		rename: (userId, name, newName) =>
			db.transaction(async (tx) => {
				const [from, to] = [tagKey(name), tagKey(newName)];
				const itemIds = await lockTagged(tx, userId, from);
				if (itemIds.length === 0) return null;
				if (from === to) {
					await tx.query(
						sql`update item_tags set name = ${storableText(cleanTag(newName))}, source = 'person'
						    where user_id = ${userId} and tag = ${from} and item_id = any(${itemIds}::uuid[])`,
					);
				} else {
					await replace(tx, userId, itemIds, { from, to, name: newName });
					await becomeOutdated(tx, userId, itemIds);
				}
				const [renamed] = await tx.query<Tag>(
					sql`select ${shownName} as name, (count(*) filter (where ${isListed}))::int as items
					    from item_tags ${itemsOfTags}
					    where item_tags.user_id = ${userId} and tag = ${to}`,
				);
				return renamed ?? null;
			}),

		delete: (userId, name) =>
			db.transaction(async (tx) => {
				const tag = tagKey(name);
				const itemIds = await lockTagged(tx, userId, tag);
				if (itemIds.length === 0) return false;
				await takeOff(tx, userId, itemIds, tag);
				await becomeOutdated(tx, userId, itemIds);
				return true;
			}),
	};
}

const itemsOfTags = sql`join items on items.user_id = item_tags.user_id and items.id = item_tags.item_id`;

/** The spelling of a person goes before that of a model. */
const shownName = sql`coalesce(max(name) filter (where source = 'person'), max(name))`;

async function lockTagged(tx: Queryable, userId: string, tag: string): Promise<string[]> {
	const rows = await tx.query<{ id: string }>(
		sql`select id from items
		    where user_id = ${userId} and id in (select item_id from item_tags where user_id = ${userId} and tag = ${tag})
		    order by id for update`,
	);
	return rows.map(({ id }) => id);
}

async function replace(
	tx: Queryable,
	userId: string,
	itemIds: string[],
	{ from, to, name }: { from: string; to: string; name: string },
): Promise<void> {
	const ofItems = sql`user_id = ${userId} and item_id = any(${itemIds}::uuid[])`;
	const [existing] = await tx.query<{ name: string }>(
		sql`select name from item_tags where user_id = ${userId} and tag = ${to} and source = 'person' limit 1`,
	);
	await tx.query(
		sql`insert into removed_tags (user_id, item_id, tag)
		    select user_id, item_id, tag from item_tags where ${ofItems} and tag = ${from}
		    on conflict do nothing`,
	);
	await tx.query(sql`delete from removed_tags where ${ofItems} and tag = ${to}`);
	// Of an item that has both, the new one stays.
	await tx.query(sql`update item_tags set source = 'person' where ${ofItems} and tag = ${to}`);
	await tx.query(
		sql`delete from item_tags where ${ofItems} and tag = ${from}
		      and item_id in (select item_id from item_tags where ${ofItems} and tag = ${to})`,
	);
	await tx.query(
		sql`update item_tags set tag = ${to}, name = ${existing?.name ?? storableText(cleanTag(name))}, source = 'person'
		    where ${ofItems} and tag = ${from}`,
	);
}

async function takeOff(tx: Queryable, userId: string, itemIds: string[], tag: string): Promise<void> {
	await tx.query(
		sql`with removed as (
		      delete from item_tags
		      where user_id = ${userId} and item_id = any(${itemIds}::uuid[]) and tag = ${tag}
		      returning user_id, item_id, tag
		    )
		    insert into removed_tags (user_id, item_id, tag)
		    select user_id, item_id, tag from removed
		    on conflict do nothing`,
	);
}

/** Leaves the documents of any number of items to `SearchIndex.rewriteOutdated`. */
async function becomeOutdated(tx: Queryable, userId: string, itemIds: string[]): Promise<void> {
	await tx.query(
		sql`update items set text_revision = text_revision + 1, updated_at = clock_timestamp()
		    where user_id = ${userId} and id = any(${itemIds}::uuid[])`,
	);
	await tx.query(
		sql`insert into outdated_documents (user_id, item_id)
		    select user_id, item_id from documents where user_id = ${userId} and item_id = any(${itemIds}::uuid[])
		    on conflict do nothing`,
	);
}
