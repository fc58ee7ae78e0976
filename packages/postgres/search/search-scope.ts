import type { ItemFilter } from "#core/ports/index.ts";
import { isMeant } from "../items/item-filter.ts";
import { type Sql, sql } from "../sql.ts";
import type { SearchParameters } from "./search-parameters.ts";

/** The bounds of every step of a search, and the parameters that it reads. */
export interface SearchScope {
	user: Sql;
	/** In lower case; null for any. */
	category: Sql;
	/** The items that are looked through, on demand of a filter. */
	meant: Sql | null;
	/** A condition on `item_id`: it is one of those, or without a filter not in the trash. */
	isMeant: Sql;
	parameters: SearchParameters;
}

/**
 * Passes values as scalar sub-selects, of which the planner knows as little as of any other value, so that one plan serves
 * every tenant. With plain values the server compares the costs of a plan for these with those of the kept plan, and
 * plans again and again where a tenant is small.
 */
export function searchScope(
	parameters: SearchParameters,
	userId: string,
	{ category, filter }: { category?: string | undefined; filter?: ItemFilter | undefined } = {},
): SearchScope {
	const user = sql`(select ${userId}::text)`;
	return {
		parameters,
		user,
		category: sql`(select lower(${category ?? null}::text))`,
		meant: filter ? sql`select items.id from items where items.user_id = ${user} and ${isMeant(filter, user)}` : null,
		isMeant: filter ? isAmongMeant : isNotTrashed(user),
	};
}

/** As a value, not as a condition of its own: a join could compare each of the items with each row. */
const isAmongMeant = sql`(item_id in (select id from meant)) is true`;

/** The few items of the trash are read once, from an index of theirs, and looked up by hash. */
export const isNotTrashed = (user: Sql) =>
	sql`item_id not in (select id from items where user_id = ${user} and trashed_at is not null)`;

/** The first step of a `with`, where there is a filter: the items that are looked through. */
export const meantStep = ({ meant }: SearchScope) => (meant ? sql`meant as materialized (${meant}), ` : sql``);
