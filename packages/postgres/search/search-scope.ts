import { type Sql, sql } from "../sql.ts";
import type { SearchParameters } from "./search-parameters.ts";

/** The user and the category that every step of a search is bound to, and the parameters that it reads. */
export interface SearchScope {
	user: Sql;
	/** In lower case; null for any. */
	category: Sql;
	parameters: SearchParameters;
}

/**
 * Passes values as scalar sub-selects, of which the planner knows as little as of any other value, so that one plan serves
 * every tenant. With plain values the server compares the costs of a plan for these with those of the kept plan, and
 * plans again and again where a tenant is small.
 */
export function searchScope(parameters: SearchParameters, userId: string, category?: string): SearchScope {
	return {
		parameters,
		user: sql`(select ${userId}::text)`,
		category: sql`(select lower(${category ?? null}::text))`,
	};
}
