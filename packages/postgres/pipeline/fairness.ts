import {
	activeSeconds,
	busySeconds,
	deferralsPerSecond,
	maxDeferSeconds,
	minDeferSeconds,
	pauseSeconds,
	receivableSeconds,
	servedSeconds,
} from "#core/pipeline/fairness.ts";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import { type RequestKind, stageOf } from "#core/pipeline/work-request.ts";
import type { Claim, Fairness } from "#core/ports/index.ts";
import { constant, constants, type Sql, sql } from "../sql.ts";

/** Rows that wait for a stage, and that no claim has taken up. */
interface Waiting {
	/** A table with a condition, in the words of an index. */
	rows: Sql;
	userId: Sql;
	/** Since when a message of the row can be received: the last column of the index. */
	receivableAt: Sql;
}

function waitingFor(stage: StageName): Waiting[] {
	const kinds = (Object.keys(stageOf) as RequestKind[]).filter((kind) => stageOf[kind] === stage);
	return [
		...stages[stage].from.map((status) => ({
			rows: sql`items where items.status in ${constants([status])} and items.attempts = 0
			  ${status === "pending" ? sql`and items.arrived_at is not null` : sql``}`,
			userId: sql`items.user_id`,
			receivableAt: sql`greatest(items.stage_at, items.swept_at, items.arrived_at, items.deferred_until)`,
		})),
		...kinds.map((kind) => ({
			rows: sql`requests where requests.kind in ${constants([kind])} and requests.status = 'pending' and requests.attempts = 0
			  ${kind === "embed" ? sql`and requests.swept_at is not null` : sql``}`,
			userId: sql`requests.user_id`,
			receivableAt: sql`greatest(requests.touched_at, requests.swept_at, requests.deferred_until)`,
		})),
	];
}

const any = (conditions: Sql[]) => sql`(${conditions.reduce((before, next) => sql`${before} or ${next}`)})`;

/** A condition: work of another person waits for the stage. */
function othersWait(userId: string, stage: StageName): Sql {
	// Whoever is first or last in the index is another, unless all that waits is the person's own.
	const isAnother = ({ rows, userId: waiting }: Waiting) =>
		sql`(select min(${waiting}) from ${rows}) <> ${userId} or (select max(${waiting}) from ${rows}) <> ${userId}`;
	return sql`coalesce(${any(waitingFor(stage).map(isAnother))}, false)`;
}

const ago = (seconds: number) => sql`statement_timestamp() - make_interval(secs => ${constant(seconds)})`;

/** A condition: another person claimed something a moment ago, in any stage. */
const othersWereActive = (userId: string) =>
	sql`coalesce((
	      select claimed_at > ${ago(activeSeconds)} from recent_claims
	      where user_id <> ${userId} order by claimed_at desc limit 1), false)`;

/** Counts a person's leases of the stage; one whose holder died counts until it expires. */
const heldLeases = (userId: string | Sql, stage: StageName) =>
	sql`(select count(*)::int from items
	      where user_id = ${userId} and lease_stage = ${stage} and lease_expires_at > clock_timestamp())`;

/** A condition for a claim in the common case: no other person matters to it. */
export function isUncontested(userId: string, stage: StageName, { fairShare, grouped }: Fairness): Sql {
	if (!grouped) return sql`(not ${othersWait(userId, stage)} and ${heldLeases(userId, stage)} < ${fairShare})`;
	const wasBusy = sql`exists (
	      select from recent_claims where user_id = ${userId} and stage = ${stage} and busy_since <= ${ago(busySeconds)})`;
	return sql`(not ${othersWait(userId, stage)} and not (${wasBusy} and ${othersWereActive(userId)}))`;
}

/** Makes the common table expression `own`: what the person holds of the stage, and when it was served. */
export const ownClaims = (userId: string, stage: StageName) =>
	sql`own as materialized (
	      select ${heldLeases(userId, stage)} as held, busy_since, claimed_at
	      from (select) as one left join recent_claims on user_id = ${userId} and stage = ${stage}
	    )`;

/** An expression over `own`: why the person's work is put off; null where it is not. */
export function reasonToDefer(userId: string, stage: StageName, { fairShare, grouped }: Fairness): Sql {
	const isBusyAtShare = sql`held >= ${fairShare} and ${isBusy}
	        and (${othersWait(userId, stage)} or ${othersWereActive(userId)})`;
	const isAtShare = grouped ? isBusyAtShare : sql`held >= ${fairShare}`;
	return sql`case
	      when ${isAtShare} then 'fair_share'
	      when ${othersComeFirst(userId, stage, fairShare)} then 'order'
	    end`;
}

/**
 * A condition over `own`: another waits who comes first, and whose work can be received now. It looks up one waiting
 * person after another in the index, however much each has waiting.
 */
function othersComeFirst(userId: string, stage: StageName, fairShare: number): Sql {
	const servedAt = sql`case
	      when ${isBusy} and own.claimed_at > ${ago(servedSeconds)} then own.claimed_at else '-infinity' end`;
	const patience = sql`case when ${isBusy} then ${constant(minDeferSeconds)} else 0 end`;
	const isTheirTurn = sql`exists (
	      select from (select ${heldLeases(sql`people.user_id`, stage)} as held) as theirs
	      left join recent_claims on recent_claims.user_id = people.user_id and recent_claims.stage = ${stage}
	      where (theirs.held, coalesce(recent_claims.claimed_at, '-infinity')) < (own.held, ${servedAt})
	        and (theirs.held < ${fairShare} or coalesce(recent_claims.busy_since > ${ago(busySeconds)}, true)))`;
	const areWaiting = ({ rows, userId: waiting, receivableAt }: Waiting) =>
		sql`exists (
	      with recursive people (user_id) as (
	        select min(${waiting}) from ${rows}
	        union all
	        select (select min(${waiting}) from ${rows} and ${waiting} > people.user_id)
	        from people where people.user_id is not null
	      )
	      select from people
	      where people.user_id <> ${userId} and ${isTheirTurn}
	        and (
	          -- A scalar, since the planner joins what exists: it would read all that waits.
	          select true from ${rows} and ${waiting} = people.user_id and ${receivableAt} > ${ago(receivableSeconds)}
	            and ${receivableAt} <= statement_timestamp() + make_interval(secs => ${patience})
	          limit 1))`;
	return any(waitingFor(stage).map(areWaiting));
}

/** An expression: the seconds after which work that is put off comes again. */
export function deferSeconds(userId: string, stage: StageName, { grouped }: Fairness): Sql {
	const turns = sql`${ownWork(userId, stage, maxDeferSeconds * deferralsPerSecond)} / ${constant(deferralsPerSecond)}`;
	return sql`greatest(${constant(grouped ? minDeferSeconds : 0)}, least(${constant(maxDeferSeconds)}, ${turns}))::int`;
}

/** Counts the person's work that waits for the stage, up to a limit for each of its sources. */
function ownWork(userId: string, stage: StageName, limit: number): Sql {
	const counts = waitingFor(stage).map(
		({ rows, userId: waiting, receivableAt }) =>
			// In the order of the index, or else a table of which the person has much would be read from its start.
			sql`(select count(*) from (
	        select from ${rows} and ${waiting} = ${userId} order by ${receivableAt} limit ${constant(limit)}) as own_rows)`,
	);
	return sql`(${counts.reduce((before, next) => sql`${before} + ${next}`)})`;
}

/**
 * Makes a statement that records a claim of the person, if `from` has a row, and returns a row then. It comes before the
 * lock of the item's row, so that no two claims deadlock. With `counted` it does nothing where another claim of the person
 * was recorded since the statement began: the statement counted the person's leases too early.
 *
 * @param waitingSince an expression: since when the work waits
 */
export const recordClaim = (
	userId: string,
	stage: StageName,
	{ from, waitingSince, counted }: { from: Sql; waitingSince: Sql; counted: boolean },
) =>
	sql`insert into recent_claims (user_id, stage, busy_since, claimed_at)
	    select ${userId}, ${stage}, clock_timestamp(), clock_timestamp() from ${from}
	    on conflict (user_id, stage) do update set
	      busy_since = case
	        when recent_claims.claimed_at >= ${waitingSince} or ${heldLeases(userId, stage)} > 0
	          or (recent_claims.claimed_at > ${ago(pauseSeconds)} and ${ownWork(userId, stage, 2)} > 1)
	        then recent_claims.busy_since else excluded.busy_since end,
	      claimed_at = excluded.claimed_at
	    ${counted ? sql`where recent_claims.claimed_at is not distinct from (${lastClaim(userId, stage)})` : sql``}
	    returning user_id as served`;

/** As the statement's snapshot has it, also where the row was changed since. */
const lastClaim = (userId: string, stage: StageName) =>
	sql`select earlier.claimed_at from recent_claims as earlier
	    where earlier.user_id = ${userId} and earlier.stage = ${stage}`;

/** A condition over `own`. */
const isBusy = sql`own.busy_since <= ${ago(busySeconds)}`;

/** Names what the text of a claim depends on, for its name as a prepared statement: its plan takes longer than its run. */
export const shapeOf = (stage: StageName, fairness: Fairness | undefined) =>
	`${stage} ${fairness ? (fairness.grouped ? "grouped" : "ungrouped") : "alone"}`;

export interface DeferredRow {
	reason: "order" | "fair_share";
	held: number;
	waited: number;
	seconds: number;
}

export const deferredClaim = ({ reason, held, waited, seconds }: DeferredRow): Claim => ({
	outcome: "deferred",
	reason,
	held,
	waitedSeconds: waited,
	seconds,
});
