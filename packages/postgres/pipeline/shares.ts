import { type StageName, stages } from "#core/pipeline/stages.ts";
import { type RequestKind, stageOf } from "#core/pipeline/work-request.ts";
import type { Share } from "#core/ports/index.ts";
import type { Queryable } from "../database.ts";
import { constants, type Sql, sql } from "../sql.ts";

/** A condition: work of another person waits for the stage, and no claim has taken it up. */
function othersWait(userId: string, stage: StageName): Sql {
	const kinds = (Object.keys(stageOf) as RequestKind[]).filter((kind) => stageOf[kind] === stage);
	const waiting = [
		...stages[stage].from.map((status) => sql`items where ${unclaimedItem(status)}`),
		...kinds.map((kind) => sql`requests where ${unclaimedRequest(kind)}`),
	];
	// Whoever is first or last in the index is another, unless all that waits is the person's own.
	const isAnother = waiting
		.map(
			(rows) => sql`(select min(user_id) from ${rows}) <> ${userId} or (select max(user_id) from ${rows}) <> ${userId}`,
		)
		.reduce((before, next) => sql`${before} or ${next}`);
	return sql`coalesce(${isAnother}, false)`;
}

/** In the words of the index `items_unclaimed`. */
const unclaimedItem = (status: string) =>
	sql`status in ${constants([status])} and attempts = 0 ${status === "pending" ? sql`and arrived_at is not null` : sql``}`;

/** In the words of the index `requests_unclaimed`. */
const unclaimedRequest = (kind: string) =>
	sql`kind in ${constants([kind])} and status = 'pending' and attempts = 0 ${kind === "embed" ? sql`and swept_at is not null` : sql``}`;

/** Counts the person's leases of the stage; one whose holder died counts until it expires. */
export const heldLeases = (userId: string, stage: StageName) =>
	sql`(select count(*)::int from items
	      where user_id = ${userId} and lease_stage = ${stage} and lease_expires_at > clock_timestamp())`;

/** A condition under which the person's share has no say. */
export function isUnshared(userId: string, stage: StageName, { max, always }: Share): Sql {
	const alone = sql`not ${othersWait(userId, stage)}`;
	return always ? sql`(${alone} and ${heldLeases(userId, stage)} < ${max})` : alone;
}

/**
 * Counts the person's leases of the stage, of which no other claim of the person takes one before the transaction ends.
 * Only where the share decides: the lock costs a round trip. It comes before the lock of the item's row, so that no two
 * claims deadlock.
 */
export async function countLeases(tx: Queryable, userId: string, stage: StageName): Promise<number> {
	await tx.query(sql`select pg_advisory_xact_lock(hashtextextended(${`share ${stage} ${userId}`}, 0))`);
	const [row] = await tx.query<{ held: number }>(sql`select ${heldLeases(userId, stage)} as held`);
	return row?.held ?? 0;
}

/** Counts the person's leases of the stage where the share decides; returns null where it has no say. */
export async function countSharedLeases(
	tx: Queryable,
	userId: string,
	stage: StageName,
	share: Share | undefined,
): Promise<number | null> {
	if (!share) return null;
	const [row] = await tx.query<{ unshared: boolean }>(sql`select ${isUnshared(userId, stage, share)} as unshared`);
	return row?.unshared ? null : countLeases(tx, userId, stage);
}
