import { cleanTag, maxTags, tagKey } from "#core/items/tag-names.ts";
import type { Tags } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { documentSources, rewriteDocuments } from "../search/documents.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";

/**
 * Tags over all items of a person in PostgreSQL. A change locks the items' rows first, in the order of their ids, so that
 * neither two of them nor a stage's commit deadlock.
 */
export function postgresTags(db: Database): Tags {
	return {
		async list(userId, { limit, offset = 0 }) {
			const rows = await db.query<{ name: string; items: number; total: number }>(
				sql`select ${shownName} as name, count(*)::int as items, (count(*) over ())::int as total
				    from item_tags
				    join items on items.user_id = item_tags.user_id and items.id = item_tags.item_id
				    where item_tags.user_id = ${userId} and items.status <> 'pending' and items.trashed_at is null
				    group by tag
				    order by count(*) desc, tag
				    limit ${limit} offset ${offset}`,
			);
			return { tags: rows.map(({ name, items }) => ({ name, items })), total: rows[0]?.total ?? 0 };
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
				const [renamed] = await tx.query<{ name: string; items: number }>(
					sql`select ${shownName} as name, count(*)::int as items from item_tags
					    where user_id = ${userId} and tag = ${to}`,
				);
				return renamed ?? null;
			}),

		delete: (userId, name) =>
			db.transaction(async (tx) => {
				const tag = tagKey(name);
				const itemIds = await lockTagged(tx, userId, tag);
				if (itemIds.length === 0) return false;
				await takeOff(tx, userId, itemIds, [tag]);
				await becomeOutdated(tx, userId, itemIds);
				return true;
			}),

		add: (userId, itemIds, names) =>
			db.transaction(async (tx) => {
				const tags = names.map((name) => ({ tag: tagKey(name), name: storableText(cleanTag(name)) }));
				const keys = tags.map(({ tag }) => tag);
				const locked = await lock(tx, userId, itemIds);
				const counted = await tx.query<{ item_id: string; others: number }>(
					sql`select item_id, count(*)::int as others from item_tags
					    where user_id = ${userId} and item_id = any(${locked}::uuid[]) and not tag = any(${keys}::text[])
					    group by item_id`,
				);
				const full = counted.filter(({ others }) => others + keys.length > maxTags).map(({ item_id }) => item_id);
				const tagged = locked.filter((itemId) => !full.includes(itemId));
				await tx.query(
					sql`insert into item_tags (user_id, item_id, tag, name, source, position)
					    select ${userId}, item_id, added.tag, coalesce(existing.name, added.name), 'person', last.position + added.position
					    from unnest(${tagged}::uuid[]) as tagged (item_id)
					    cross join unnest(${keys}::text[], ${tags.map(({ name }) => name)}::text[])
					      with ordinality as added (tag, name, position)
					    cross join lateral (
					      select coalesce(max(position), -1) as position from item_tags
					      where user_id = ${userId} and item_tags.item_id = tagged.item_id
					    ) as last
					    left join lateral (
					      select name from item_tags
					      where user_id = ${userId} and item_tags.tag = added.tag and item_tags.source = 'person'
					      limit 1
					    ) as existing on true
					    on conflict (user_id, item_id, tag) do update set source = 'person'`,
				);
				await tx.query(
					sql`delete from removed_tags
					    where user_id = ${userId} and item_id = any(${tagged}::uuid[]) and tag = any(${keys}::text[])`,
				);
				await follow(tx, userId, tagged);
				return { tagged, full };
			}),

		remove: (userId, itemIds, names) =>
			db.transaction(async (tx) => {
				const locked = await lock(tx, userId, itemIds);
				await takeOff(tx, userId, locked, names.map(tagKey));
				await follow(tx, userId, locked);
				return locked;
			}),
	};
}

/** The spelling of a person goes before that of a model. */
const shownName = sql`coalesce(max(name) filter (where source = 'person'), max(name))`;

async function lock(tx: Queryable, userId: string, itemIds: string[]): Promise<string[]> {
	const rows = await tx.query<{ id: string }>(
		sql`select id from items where user_id = ${userId} and id = any(${itemIds}::uuid[]) order by id for update`,
	);
	return rows.map(({ id }) => id);
}

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

async function takeOff(tx: Queryable, userId: string, itemIds: string[], tags: string[]): Promise<void> {
	await tx.query(
		sql`insert into removed_tags (user_id, item_id, tag)
		    select user_id, id, tag from items, unnest(${tags}::text[]) as removed (tag)
		    where user_id = ${userId} and id = any(${itemIds}::uuid[])
		    on conflict do nothing`,
	);
	await tx.query(
		sql`delete from item_tags
		    where user_id = ${userId} and item_id = any(${itemIds}::uuid[]) and tag = any(${tags}::text[])`,
	);
}

const changeText = (tx: Queryable, userId: string, itemIds: string[]) =>
	tx.query(
		sql`update items set text_revision = text_revision + 1, updated_at = clock_timestamp()
		    where user_id = ${userId} and id = any(${itemIds}::uuid[])`,
	);

/** Makes the documents of a few items follow at once. */
async function follow(tx: Queryable, userId: string, itemIds: string[]): Promise<void> {
	await changeText(tx, userId, itemIds);
	await rewriteDocuments(tx, userId, await documentSources(tx, userId, itemIds));
}

/** Leaves the documents of any number of items to `SearchIndex.rewriteOutdated`. */
async function becomeOutdated(tx: Queryable, userId: string, itemIds: string[]): Promise<void> {
	await changeText(tx, userId, itemIds);
	await tx.query(
		sql`insert into outdated_documents (user_id, item_id)
		    select user_id, item_id from documents where user_id = ${userId} and item_id = any(${itemIds}::uuid[])
		    on conflict do nothing`,
	);
}
