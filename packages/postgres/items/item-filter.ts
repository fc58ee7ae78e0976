import { tagKey } from "#core/items/tag-names.ts";
import type { ItemFilter } from "#core/ports/index.ts";
import { levelsFrom } from "#core/verification/score.ts";
import { type Sql, sql } from "../sql.ts";

/** The category under which an item is shown: the person's own, else the model's. */
export const shownCategory = sql`coalesce(items.edited_category, items.analysis_category)`;

/** The state that clients see. */
export const shownStatus = sql`case when items.trashed_at is null then items.status else 'trashed' end`;

const isKept = sql`items.trashed_at is null`;
const hasArrived = sql`items.status <> 'pending'`;

/** A condition on `items`: it is in a list without a status. */
export const isListed = sql`${hasArrived} and ${isKept}`;

/**
 * Conditions on `items`: which of a person's are meant. Every list, count and search goes by them. A condition is there
 * only where the filter has it, so that the planner sees what it can use.
 *
 * @param user the person, to whom what the conditions look up is bound, too
 */
export function isMeant(filter: ItemFilter, user: Sql): Sql {
	const { category, tags = [], favorite, album, provider, risk, ids, and } = filter;
	const conditions = [
		...hasStatus(filter),
		...(category === undefined ? [] : [sql`lower(${shownCategory}) = lower(${category})`]),
		...isWithin(filter),
		...tags.map(
			(tag) =>
				sql`items.id in (select item_id from item_tags where item_tags.user_id = ${user} and item_tags.tag = ${tagKey(tag)})`,
		),
		...(favorite === undefined ? [] : [sql`items.favorite = ${favorite}`]),
		...(album === undefined
			? []
			: [
					sql`items.id in (select item_id from album_items where album_items.user_id = ${user} and album_items.album_id = ${album})`,
				]),
		...(provider === undefined ? [] : [sql`items.analysis_provider = ${provider}`]),
		...(risk === undefined ? [] : [sql`items.analysis_risk = any(${levelsFrom(risk)}::text[])`]),
		...(ids === undefined ? [] : [sql`items.id = any(${ids}::uuid[])`]),
		...(and === undefined ? [] : [isMeant(and, user)]),
	];
	return conditions.reduce((all, condition) => sql`${all} and ${condition}`);
}

function hasStatus({ status, ids }: ItemFilter): [Sql, ...Sql[]] {
	if (status === "trashed") return [sql`items.trashed_at is not null`];
	if (status !== undefined) return [isKept, sql`items.status = ${status}`];
	return ids === undefined ? [isKept, hasArrived] : [isKept];
}

/** A local time is compared with a local one, an instant with an instant. */
function isWithin({ uploadedFrom, uploadedTo, ...filter }: ItemFilter): Sql[] {
	if (!uploadedFrom && !uploadedTo) return isBetween(filter);
	const uploaded = {
		...(uploadedFrom && { from: uploadedFrom }),
		...(uploadedTo && { to: uploadedTo }),
		dates: "uploaded",
	} as const;
	const both = (conditions: Sql[]) => conditions.reduce((all, condition) => sql`${all} and ${condition}`);
	return [
		sql`case when items.taken_at is not null then ${both([sql`true`, ...isBetween(filter)])}
		      else ${both([sql`true`, ...isBetween(uploaded)])} end`,
	];
}

function isBetween({ from, to, dates = "shown" }: ItemFilter): Sql[] {
	const { local, instant } = timesOf[dates];
	const compared = (bound: Date | string) =>
		typeof bound === "string" ? [local, sql`${bound}::timestamp`] : [instant, sql`${bound}::timestamptz`];
	const [fromTime, first] = from === undefined ? [] : compared(from);
	const [toTime, end] = to === undefined ? [] : compared(to);
	return [...(first ? [sql`${fromTime} >= ${first}`] : []), ...(end ? [sql`${toTime} < ${end}`] : [])];
}

const timesOf: Record<NonNullable<ItemFilter["dates"]>, { local: Sql; instant: Sql }> = {
	uploaded: { local: sql`items.created_at at time zone 'UTC'`, instant: sql`items.created_at` },
	taken: { local: sql`case when items.taken_at is not null then items.dated_at end`, instant: sql`items.taken_at` },
	shown: { local: sql`items.dated_at`, instant: sql`coalesce(items.taken_at, items.created_at)` },
};
