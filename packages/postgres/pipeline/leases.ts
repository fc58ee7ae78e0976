import type { ModelUsage } from "#core/items/analysis.ts";
import type { ItemError } from "#core/items/item.ts";
import { type Outage, putOffBy } from "#core/pipeline/outage.ts";
import { stages } from "#core/pipeline/stages.ts";
import { requestEvent } from "#core/pipeline/work-request.ts";
import type { Deferral, Lease } from "#core/ports/index.ts";
import type { Queryable } from "../database.ts";
import { usageText } from "../rows.ts";
import { sql } from "../sql.ts";
import { storableText } from "../text.ts";
import { announce } from "./outbox.ts";
import { waitingRequests } from "./requests.ts";

/** A condition on a row of `items`: this lease holds it. */
const isHeld = ({ userId, itemId, stage, token }: Lease) =>
	sql`user_id = ${userId} and id = ${itemId} and lease_stage = ${stage} and lease_token = ${token}`;

const endOfLease = sql`lease_stage = null, lease_token = null, lease_expires_at = null`;

/** Locks the item's row for the rest of the transaction. @returns whether the lease is still the holder's */
export async function holds(tx: Queryable, lease: Lease): Promise<boolean> {
	const rows = await tx.query(sql`select id from items where ${isHeld(lease)} for update`);
	return rows.length > 0;
}

/**
 * Moves the item on and ends the lease. An expired lease that nobody else took is still good.
 * An analysis takes over the usage billed so far.
 */
export async function advance(tx: Queryable, lease: Lease, analysisId: string | null = null): Promise<boolean> {
	const rows = await tx.query(
		sql`update items set status = ${stages[lease.stage].to}, error_code = null, error_detail = null, duplicate_of = null,
		      analysis_id = coalesce(${analysisId}, analysis_id), attempts = 0,
		      usage = case when ${lease.stage} = 'process' then usage else '[]' end,
		      ${endOfLease}, stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
		    where ${isHeld(lease)}
		    returning id`,
	);
	return rows.length > 0;
}

/**
 * Ends the lease of a requested embedding: an item that lacked only that becomes `ready`, any other keeps its status.
 * @returns whether the item is ready
 */
export async function becomeEmbedded(tx: Queryable, lease: Lease): Promise<boolean> {
	const rows = await tx.query<{ status: string }>(
		sql`update items set
		      status = case when lacked then 'ready' else status end,
		      error_code = case when not lacked then error_code end,
		      error_detail = case when not lacked then error_detail end,
		      attempts = case when lacked then 0 else attempts end,
		      stage_at = case when lacked then clock_timestamp() else stage_at end,
		      swept_at = case when not lacked then swept_at end,
		      usage = '[]', ${endOfLease}, updated_at = clock_timestamp()
		    from (
		      select id as item_id, status = 'analyzed' or (status = 'failed' and error_code = 'retries_exhausted') as lacked
		      from items where user_id = ${lease.userId} and id = ${lease.itemId}
		    ) as before
		    where id = item_id and ${isHeld(lease)}
		    returning status`,
	);
	return rows[0]?.status === "ready";
}

/** Ends the item as `failed`. A duplicate gives up its digest, which the item it duplicates has. */
export async function fail(tx: Queryable, lease: Lease, error: ItemError, usage: ModelUsage[] = []): Promise<boolean> {
	const rows = await tx.query(
		sql`update items set status = 'failed', error_code = ${error.code}, error_detail = ${storableText(error.detail)},
		      duplicate_of = ${error.duplicateOf ?? null}, usage = usage || ${usageText(usage)}::jsonb,
		      sha256 = case when ${error.code} = 'duplicate' then null else sha256 end,
		      ${endOfLease}, stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
		    where ${isHeld(lease)}
		    returning id`,
	);
	if (rows.length === 0) return false;
	// Requests that wait for this image are announced again, so that they end, too.
	if (lease.stage === "process") {
		for (const request of await waitingRequests(tx, lease)) {
			await announce(tx, requestEvent(request, request.correlationId));
		}
	}
	return true;
}

/** Ends the lease, and keeps the usage that the attempt was billed. */
export async function release(tx: Queryable, lease: Lease, usage: ModelUsage[] = []): Promise<void> {
	await tx.query(
		sql`update items set ${endOfLease}, usage = usage || ${usageText(usage)}::jsonb
		    where ${isHeld(lease)}`,
	);
}

/** Ends the lease for `Stages.putOff`, and takes the attempt back from the item or the request. */
export async function putOff(
	tx: Queryable,
	lease: Lease,
	outage: Outage,
	usage: ModelUsage[] = [],
): Promise<Deferral | null> {
	const { userId, itemId, requestId } = lease;
	const isRequest = sql`user_id = ${userId} and item_id = ${itemId} and id = ${requestId}`;
	const [found] = await tx.query<{ waited: number }>(
		sql`select extract(epoch from clock_timestamp() - coalesce(
		        (select created_at from requests where ${isRequest}), stage_at))::float8 as waited
		    from items where ${isHeld(lease)} for update of items`,
	);
	if (!found) return null;
	const { seconds, counts } = putOffBy(outage, found.waited);
	const waits = sql`attempts = greatest(0, attempts - ${counts ? 0 : 1}::int), swept_at = clock_timestamp(),
	      deferred_until = clock_timestamp() + make_interval(secs => ${seconds})`;
	await release(tx, lease, usage);
	await tx.query(
		requestId
			? sql`update requests set ${waits} where ${isRequest}`
			: sql`update items set ${waits} where user_id = ${userId} and id = ${itemId}`,
	);
	return { reason: "outage", waitedSeconds: found.waited, seconds };
}
