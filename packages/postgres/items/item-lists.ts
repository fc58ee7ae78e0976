import type { CompactItem, Facets, ItemFilter, ItemPage, Items } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { type ItemRow, takenAtFromRow } from "../rows.ts";
import { type Sql, sql } from "../sql.ts";
import { encodeCursor, follows, keys, orderOf, placesIn } from "./item-cursor.ts";
import { isMeant, shownCategory, shownStatus } from "./item-filter.ts";
import { itemWithAnalysis, type WholeItemRow, wholeItem, withCurrentAnalysis } from "./whole-item.ts";

/** Lists of a person's items in PostgreSQL. */
export function postgresItemLists(db: Database): Pick<Items, "list" | "listCompact" | "facets" | "count" | "ids"> {
	const count: Items["count"] = async (userId, filter) => {
		const user = sql`${userId}`;
		const [counted] = await db.query<{ total: number }>(
			sql`select count(*)::int as total from items where items.user_id = ${user} and ${isMeant(filter, user)}`,
		);
		return counted?.total ?? 0;
	};

	/** The ids are found in an index, and only the page's items are read whole. */
	async function page<Row extends { id: string }>(
		userId: string,
		{ limit, offset, cursor, sort, order: asked, ...filter }: ItemPage,
		columns: Sql,
		joined: Sql,
	) {
		const user = sql`${userId}`;
		const order = orderOf({ sort, order: asked });
		const { column, text } = keys[order.sort];
		const direction = order.order === "desc" ? sql`desc` : sql`asc`;
		const onPage = (row: Sql) => (cursor === undefined ? sql`true` : follows(cursor, order, row));
		const places = order.sort === "position" ? placesIn(filter.album, user) : sql``;
		const meant = sql`from items ${places} where items.user_id = ${user} and ${isMeant(filter, user)}`;
		// One row more than the page shows whether there is a next one.
		const limited = sql`order by place ${direction}, id ${direction}
			      limit ${limit + 1} offset ${cursor === undefined ? offset : 0}`;
		// What a filter leaves is found once, for the page and the total. Of everything an index has the page's beginning.
		const isFiltered = Object.entries(filter).some(([name, value]) => name !== "status" && value !== undefined);
		const steps = isFiltered
			? sql`meant as materialized (
			      select items.id, ${column} as place ${meant}
			    ), page as materialized (
			      select id, place from meant where ${onPage(sql`(place, id)`)} ${limited}
			    )`
			: sql`page as materialized (
			      select items.id, ${column} as place ${meant} and ${onPage(sql`(${column}, items.id)`)} ${limited}
			    )`;
		const rows = await db.query<Row & { sort_key: string; total: number | null }>(
			sql`with ${steps}
			    select ${columns}, ${text(sql`page.place`)} as sort_key, ${isFiltered ? sql`(select count(*)::int from meant)` : sql`null::int`} as total
			    from page join items on items.user_id = ${user} and items.id = page.id ${joined}
			    order by place ${direction}, items.id ${direction}`,
		);
		const shown = rows.slice(0, limit);
		const last = shown.at(-1);
		return {
			rows: shown,
			total: rows[0]?.total ?? (await count(userId, filter)),
			nextCursor: rows.length > limit && last ? encodeCursor(order, last.sort_key, last.id) : null,
		};
	}

	return {
		count,

		async list(userId, asked) {
			const { rows, ...found } = await page<WholeItemRow>(userId, asked, wholeItem, withCurrentAnalysis);
			return { items: rows.map(itemWithAnalysis), ...found };
		},

		async listCompact(userId, asked) {
			const { rows, ...found } = await page<CompactItemRow>(userId, asked, compactItem, withDocument);
			return { items: rows.map(compactFromRow), ...found };
		},

		async ids(userId, filter, limit) {
			const user = sql`${userId}`;
			const rows = await db.query<{ id: string }>(
				sql`select items.id from items where items.user_id = ${user} and ${isMeant(filter, user)}
				    order by items.created_at desc, items.id desc
				    limit ${limit}`,
			);
			return rows.map(({ id }) => id);
		},

		async facets(userId, filter) {
			const rows = await db.query<{ facet: keyof Facets; value: string; count: number }>(facetsOf(userId, filter));
			const facets: Facets = { categories: [], tags: [], months: [], statuses: [], providers: [] };
			for (const { facet, value, count } of rows) facets[facet].push({ value, count });
			return facets;
		},
	};
}

type CompactItemRow = Pick<
	ItemRow,
	| "id"
	| "user_id"
	| "status"
	| "trashed_at"
	| "placeholder"
	| "width"
	| "height"
	| "taken_at"
	| "taken_at_local"
	| "taken_at_offset"
	| "taken_at_source"
	| "created_at"
	| "favorite"
> & { category: string | null; headline: string | null };

const compactItem = sql`items.id, items.user_id, items.status, items.trashed_at, items.placeholder, items.width, items.height,
			      items.taken_at, items.taken_at_local, items.taken_at_offset, items.taken_at_source, items.created_at, items.favorite,
			      ${shownCategory} as category,
			      coalesce(items.edited_headline, documents.headline) as headline`;

/** A document has the headline without the rest of the analysis. */
const withDocument = sql`left join documents on documents.user_id = items.user_id and documents.item_id = items.id`;

function compactFromRow(row: CompactItemRow): CompactItem {
	return {
		id: row.id,
		userId: row.user_id,
		status: row.status,
		trashedAt: row.trashed_at,
		placeholder: row.placeholder?.toString("base64") ?? null,
		width: row.width,
		height: row.height,
		takenAt: takenAtFromRow(row),
		createdAt: row.created_at,
		favorite: row.favorite,
		category: row.category,
		headline: row.headline,
	};
}

const maxValues = 100;
/** A century. */
const maxMonths = 1_200;

/** One row for each value of each facet. Categories that differ in case alone are one. */
function facetsOf(userId: string, filter: ItemFilter): Sql {
	const user = sql`${userId}`;
	const counted = (facet: keyof Facets, value: Sql, key: Sql = value) => sql`
	(select ${facet} as facet, ${value} as value, count(*)::int as count
	 from meant where ${key} is not null group by ${key} order by count desc, value limit ${maxValues})`;
	return sql`
	with meant as materialized (
	  select items.id, ${shownCategory} as category, items.analysis_provider as provider, ${shownStatus} as status,
	    items.dated_at
	  from items where items.user_id = ${user} and ${isMeant(filter, user)}
	)
	${counted("categories", sql`min(category)`, sql`lower(category)`)}
	union all ${counted("statuses", sql`status`)}
	union all ${counted("providers", sql`provider`)}
	union all
	(select 'tags', min(name), count(*)::int as count
	 from meant join item_tags on item_tags.user_id = ${user} and item_tags.item_id = meant.id
	 group by tag order by count desc, tag limit ${maxValues})
	union all
	(select 'months', to_char(month, 'YYYY-MM'), count(*)::int
	 from (select date_trunc('month', dated_at) as month from meant) as dated group by month order by month desc limit ${maxMonths})`;
}
