import { maxTags, suggestedTags, tagKey } from "#core/items/tag-names.ts";
import type { Queryable } from "../database.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";

interface TagRow {
	tag: string;
	name: string;
	source: "person" | "model";
}

/** Lists an item's tags. The caller has locked the item. */
function tagsOf(tx: Queryable, userId: string, itemId: string): Promise<TagRow[]> {
	return tx.query<TagRow>(
		sql`select tag, name, source from item_tags where user_id = ${userId} and item_id = ${itemId} order by position, tag`,
	);
}

/** Replaces an item's tags by the person's own. The caller has locked the item. @returns their names */
export async function setTags(tx: Queryable, userId: string, itemId: string, names: string[]): Promise<string[]> {
	await tx.query(sql`delete from removed_tags where user_id = ${userId} and item_id = ${itemId}`);
	return replaceTags(
		tx,
		userId,
		itemId,
		names.map((name) => ({ tag: tagKey(name), name: storableText(name), source: "person" })),
	);
}

/**
 * Replaces the tags that a model has suggested for an item, but for those that the person removed. The caller has locked the
 * item. @returns the names of all its tags
 */
export async function suggestTags(tx: Queryable, userId: string, itemId: string, names: string[]): Promise<string[]> {
	const own = (await tagsOf(tx, userId, itemId)).filter(({ source }) => source === "person");
	const removed = await tx.query<{ tag: string }>(
		sql`select tag from removed_tags where user_id = ${userId} and item_id = ${itemId}`,
	);
	const known = new Set([...own, ...removed].map(({ tag }) => tag));
	const suggested = suggestedTags(names)
		.map((name) => ({ tag: tagKey(name), name: storableText(name), source: "model" as const }))
		.filter(({ tag }) => !known.has(tag));
	return replaceTags(tx, userId, itemId, [...own, ...suggested].slice(0, maxTags));
}

/** A tag that the person's other items have keeps the spelling it has there. */
async function replaceTags(tx: Queryable, userId: string, itemId: string, tags: TagRow[]): Promise<string[]> {
	await tx.query(sql`delete from item_tags where user_id = ${userId} and item_id = ${itemId}`);
	const rows = await tx.query<{ name: string; position: number }>(
		sql`insert into item_tags (user_id, item_id, tag, name, source, position)
		    select ${userId}, ${itemId}, added.tag, coalesce(existing.name, added.name), added.source, added.position - 1
		    from unnest(${tags.map(({ tag }) => tag)}::text[], ${tags.map(({ name }) => name)}::text[],
		      ${tags.map(({ source }) => source)}::text[]) with ordinality as added (tag, name, source, position)
		    left join lateral (
		      select name from item_tags
		      where user_id = ${userId} and item_tags.tag = added.tag and item_tags.source = 'person'
		      limit 1
		    ) as existing on true
		    returning name, position`,
	);
	return rows.toSorted((a, b) => a.position - b.position).map(({ name }) => name);
}
