import { randomUUID } from "node:crypto";
import { processingExhausted } from "#core/pipeline/item-errors.ts";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import { type Claim, type Fairness, maxAttempts } from "#core/ports/index.ts";
import type { Database } from "../database.ts";
import { isKept } from "../people/deleted-accounts.ts";
import { type ItemRow, itemFromRow } from "../rows.ts";
import { constant, type Sql, sql } from "../sql.ts";
import {
	type DeferredRow,
	deferredClaim,
	deferSeconds,
	isUncontested,
	ownClaims,
	reasonToDefer,
	recordClaim,
	shapeOf,
} from "./fairness.ts";

interface ItemTask {
	userId: string;
	itemId: string;
	stage: StageName;
}

/** Claims an item for `Stages.claim`: one statement where no other person matters to it, and else a second one. */
export async function claimItem(
	db: Database,
	task: ItemTask,
	leaseSeconds: number,
	fairness: Fairness | undefined,
): Promise<Claim> {
	const claimed = await claimUncontested(db, task, leaseSeconds, fairness);
	if (claimed) return claimed;
	for (;;) {
		const row = await claimOrDefer(db, task, leaseSeconds, fairness);
		if (!row) return { outcome: "gone" };
		if (isTaken(row)) return claimOf(task, row);
		if (row.state === "done") return { outcome: "done" };
		if (row.state === "busy") return { outcome: "busy", secondsLeft: row.seconds_left };
		if (row.reason) return deferredClaim({ ...row, reason: row.reason });
		// Another claim of the person was recorded meanwhile, or took this very item: count again.
	}
}

type TakenRow = ItemRow & { attempts: number; lease_token: string };

async function claimUncontested(
	db: Database,
	task: ItemTask,
	leaseSeconds: number,
	fairness: Fairness | undefined,
): Promise<Claim | null> {
	const { userId, itemId, stage } = task;
	const isFree = fairness ? isUncontested(userId, stage, fairness) : sql`true`;
	const claimable = sql`items where user_id = ${userId} and id = ${itemId} and ${isClaimable(stage)} and ${isFree} and ${isKept(userId)}`;
	const counted = fairness?.grouped === false;
	const recorded = recordClaim(userId, stage, { from: claimable, waitingSince: waitingSince(task), counted });
	const [row] = await db.query<TakenRow>(
		sql`with recorded as (${recorded}) ${takeLease(task, leaseSeconds)}`.prepared(`claim ${shapeOf(stage, fairness)}`),
	);
	return row ? claimOf(task, row) : null;
}

interface DecidedRow extends Omit<DeferredRow, "reason"> {
	state: "done" | "busy" | "claimable";
	seconds_left: number;
	reason: DeferredRow["reason"] | null;
	/** Of the item that was taken. */
	id: string | null;
}

const isTaken = (row: DecidedRow): row is DecidedRow & TakenRow => row.id !== null;

/**
 * Takes the lease, or puts the item off, or neither where it must be tried again. The original of a `pending` item that
 * is put off has arrived, or nothing would claim it.
 */
async function claimOrDefer(
	db: Database,
	task: ItemTask,
	leaseSeconds: number,
	fairness: Fairness | undefined,
): Promise<DecidedRow | null> {
	const { userId, itemId, stage } = task;
	const reason = fairness ? reasonToDefer(userId, stage, fairness) : sql`null`;
	const seconds = fairness ? deferSeconds(userId, stage, fairness) : sql`0`;
	const free = sql`decided where state = 'claimable' and reason is null`;
	const recorded = recordClaim(userId, stage, { from: free, waitingSince: waitingSince(task), counted: true });
	const [row] = await db.query<DecidedRow>(
		sql`with ${ownClaims(userId, stage)}, found as materialized (
		      select case
		          when not status = any(${stages[stage].from}) then 'done'
		          when lease_expires_at > clock_timestamp() then 'busy'
		          else 'claimable' end as state,
		        greatest(1, ceil(extract(epoch from lease_expires_at - clock_timestamp())))::int as seconds_left,
		        extract(epoch from clock_timestamp() - case
		          when status = 'pending' then coalesce(arrived_at, clock_timestamp()) else stage_at end)::float8 as waited
		      from items where user_id = ${userId} and id = ${itemId} and ${isKept(userId)}
		    ), decided as materialized (
		      select state, seconds_left, waited, held, case when state = 'claimable' then ${reason} end::text as reason
		      from own, found
		    ), timed as materialized (
		      select decided.*, case when reason is not null then ${seconds} end as seconds from decided
		    ), put_off as (
		      update items set
		        arrived_at = case when status = 'pending' then coalesce(arrived_at, clock_timestamp()) end,
		        deferred_until = clock_timestamp() + make_interval(secs => seconds)
		      from timed where user_id = ${userId} and id = ${itemId} and reason is not null and ${isClaimable(stage)}
		    ), recorded as (
		      ${recorded}
		    ), taken as (
		      ${takeLease(task, leaseSeconds)}
		    )
		    select timed.*, taken.* from timed left join taken on true`.prepared(
			`claim or defer ${shapeOf(stage, fairness)}`,
		),
	);
	return row ?? null;
}

/** An expression: since when the item waits. An upload by a form is not seen before a claim of it is put off. */
const waitingSince = ({ userId, itemId }: ItemTask) =>
	sql`(select case when status = 'pending' then coalesce(arrived_at, stage_at) else stage_at end
	        from items where user_id = ${userId} and id = ${itemId})`;

const isClaimable = (stage: StageName) =>
	sql`status = any(${stages[stage].from}) and (lease_expires_at is null or lease_expires_at <= clock_timestamp())`;

/** Makes a statement that takes the lease, or ends the item that has no attempts left, if `recorded` has a row. */
function takeLease({ userId, itemId, stage }: ItemTask, leaseSeconds: number): Sql {
	const hasAttemptsLeft = sql`attempts < ${constant(maxAttempts)}`;
	return sql`update items set
	        attempts = least(attempts + 1, ${constant(maxAttempts)}),
	        status = case when ${hasAttemptsLeft} then status else 'failed' end,
	        error_code = case when ${hasAttemptsLeft} then error_code else ${processingExhausted.code} end,
	        error_detail = case when ${hasAttemptsLeft} then error_detail else ${processingExhausted.detail} end,
	        lease_stage = case when ${hasAttemptsLeft} then ${stage} end,
	        lease_token = case when ${hasAttemptsLeft} then ${randomUUID()}::uuid end,
	        lease_expires_at = case when ${hasAttemptsLeft} then clock_timestamp() + make_interval(secs => ${leaseSeconds}) end,
	        updated_at = clock_timestamp()
	      from recorded
	      where user_id = ${userId} and id = ${itemId} and ${isClaimable(stage)}
	      returning items.*`;
}

function claimOf({ userId, itemId, stage }: ItemTask, row: TakenRow): Claim {
	if (row.status === "failed") return { outcome: "done" };
	return {
		outcome: "claimed",
		lease: { userId, itemId, stage, token: row.lease_token, requestId: null },
		item: itemFromRow(row),
		attempt: row.attempts,
		request: null,
	};
}
