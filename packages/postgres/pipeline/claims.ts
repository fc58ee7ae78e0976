import { randomUUID } from "node:crypto";
import { processingExhausted } from "#core/pipeline/item-errors.ts";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import { type Claim, maxAttempts, type Share } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { type ItemRow, itemFromRow } from "../rows.ts";
import { constant, type Sql, sql } from "../sql.ts";
import { countLeases, isUnshared } from "./shares.ts";

interface ItemTask {
	userId: string;
	itemId: string;
	stage: StageName;
}

/** Claims an item for `Stages.claim`: one statement where nobody else waits for the stage. */
export async function claimItem(
	db: Database,
	task: ItemTask,
	leaseSeconds: number,
	share: Share | undefined,
): Promise<Claim> {
	const { userId, stage } = task;
	const claimed = await take(db, task, leaseSeconds, share ? isUnshared(userId, stage, share) : sql`true`);
	if (claimed) return claimed;
	const state = await stateOf(db, task);
	if (!share || state.outcome !== "free") return unclaimed(state);
	return db.transaction(async (tx) => {
		const held = await countLeases(tx, userId, stage);
		if (held >= share.max) return defer(tx, task, held);
		return (await take(tx, task, leaseSeconds, sql`true`)) ?? unclaimed(await stateOf(tx, task));
	});
}

/** Takes the lease if the condition holds, or ends the item that has no attempts left. */
async function take(
	db: Queryable,
	{ userId, itemId, stage }: ItemTask,
	leaseSeconds: number,
	condition: Sql,
): Promise<Claim | null> {
	const token = randomUUID();
	const hasAttemptsLeft = sql`attempts < ${constant(maxAttempts)}`;
	const [row] = await db.query<ItemRow & { attempts: number }>(
		sql`update items set
		      attempts = least(attempts + 1, ${constant(maxAttempts)}),
		      status = case when ${hasAttemptsLeft} then status else 'failed' end,
		      error_code = case when ${hasAttemptsLeft} then error_code else ${processingExhausted.code} end,
		      error_detail = case when ${hasAttemptsLeft} then error_detail else ${processingExhausted.detail} end,
		      lease_stage = case when ${hasAttemptsLeft} then ${stage} end,
		      lease_token = case when ${hasAttemptsLeft} then ${token}::uuid end,
		      lease_expires_at = case when ${hasAttemptsLeft} then clock_timestamp() + make_interval(secs => ${leaseSeconds}) end,
		      updated_at = clock_timestamp()
		    where user_id = ${userId} and id = ${itemId} and status = any(${stages[stage].from})
		      and (lease_expires_at is null or lease_expires_at <= clock_timestamp())
		      and ${condition}
		    returning *`,
	);
	if (!row) return null;
	if (row.status === "failed") return { outcome: "done" };
	return {
		outcome: "claimed",
		lease: { userId, itemId, stage, token, requestId: null },
		item: itemFromRow(row),
		attempt: row.attempts,
		request: null,
	};
}

type State =
	| Extract<Claim, { outcome: "gone" | "done" | "busy" }>
	/** The stage may claim it. */
	| { outcome: "free" };

async function stateOf(db: Queryable, { userId, itemId, stage }: ItemTask): Promise<State> {
	const [row] = await db.query<{ waiting: boolean; seconds_left: number | null }>(
		sql`select status = any(${stages[stage].from}) as waiting,
		      case when lease_expires_at > clock_timestamp()
		        then ceil(extract(epoch from lease_expires_at - clock_timestamp()))::int end as seconds_left
		    from items where user_id = ${userId} and id = ${itemId}`,
	);
	if (!row) return { outcome: "gone" };
	if (!row.waiting) return { outcome: "done" };
	return row.seconds_left === null
		? { outcome: "free" }
		: { outcome: "busy", secondsLeft: Math.max(1, row.seconds_left) };
}

/** An item that is free by now was leased a moment ago. */
const unclaimed = (state: State): Claim => (state.outcome === "free" ? { outcome: "busy", secondsLeft: 1 } : state);

/** Puts off an item of a person at the share. The original of a `pending` one has arrived, or nothing would claim it. */
async function defer(tx: Queryable, { userId, itemId }: ItemTask, held: number): Promise<Claim> {
	const [row] = await tx.query<{ waited: number }>(
		sql`update items set arrived_at = case when status = 'pending' then coalesce(arrived_at, clock_timestamp()) end
		    where user_id = ${userId} and id = ${itemId}
		    returning extract(epoch from clock_timestamp() - coalesce(arrived_at, stage_at))::float8 as waited`,
	);
	return row ? { outcome: "deferred", held, waitedSeconds: row.waited } : { outcome: "gone" };
}
