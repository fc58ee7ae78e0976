import type { ModelUsage } from "#core/items/analysis.ts";
import type { ItemError } from "#core/items/item.ts";
import { stages } from "#core/pipeline/stages.ts";
import { requestEvent } from "#core/pipeline/work-request.ts";
import type { Lease } from "#core/ports/index.ts";
import type { Queryable } from "../database.ts";
import { usageToJson } from "../rows.ts";
import { storableText } from "../text.ts";
import { announce } from "./outbox.ts";
import { waitingRequests } from "./requests.ts";

/** Locks the item's row for the rest of the transaction. @returns whether the lease is still the holder's */
export async function holds(tx: Queryable, lease: Lease): Promise<boolean> {
	const rows = await tx.query(
		`select id from items
		 where user_id = $1 and id = $2 and lease_stage = $3 and lease_token = $4
		 for update`,
		[lease.userId, lease.itemId, lease.stage, lease.token],
	);
	return rows.length > 0;
}

/**
 * Moves the item on and ends the lease. An expired lease that nobody else took is still good.
 * An analysis takes over the usage billed so far.
 */
export async function advance(tx: Queryable, lease: Lease, analysisId: string | null = null): Promise<boolean> {
	const rows = await tx.query(
		`update items set status = $5, error_code = null, error_detail = null, duplicate_of = null,
		   analysis_id = coalesce($6, analysis_id), attempts = 0,
		   usage = case when $3 = 'process' then usage else '[]' end,
		   lease_stage = null, lease_token = null, lease_expires_at = null,
		   stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
		 where user_id = $1 and id = $2 and lease_stage = $3 and lease_token = $4
		 returning id`,
		[lease.userId, lease.itemId, lease.stage, lease.token, stages[lease.stage].to, analysisId],
	);
	return rows.length > 0;
}

/**
 * Ends the lease of a requested embedding: an item that lacked only that becomes `ready`, any other keeps its status.
 * @returns whether the item is ready
 */
export async function becomeEmbedded(tx: Queryable, lease: Lease): Promise<boolean> {
	const rows = await tx.query<{ status: string }>(
		`update items set
		   status = case when lacked then 'ready' else status end,
		   error_code = case when not lacked then error_code end,
		   error_detail = case when not lacked then error_detail end,
		   attempts = case when lacked then 0 else attempts end,
		   stage_at = case when lacked then clock_timestamp() else stage_at end,
		   swept_at = case when not lacked then swept_at end,
		   usage = '[]', lease_stage = null, lease_token = null, lease_expires_at = null,
		   updated_at = clock_timestamp()
		 from (
		   select id as item_id, status = 'analyzed' or (status = 'failed' and error_code = 'retries_exhausted') as lacked
		   from items where user_id = $1 and id = $2
		 ) as before
		 where user_id = $1 and id = item_id and lease_stage = $3 and lease_token = $4
		 returning status`,
		[lease.userId, lease.itemId, lease.stage, lease.token],
	);
	return rows[0]?.status === "ready";
}

/** Ends the item as `failed`. A duplicate gives up its digest, which the item it duplicates has. */
export async function fail(tx: Queryable, lease: Lease, error: ItemError, usage: ModelUsage[] = []): Promise<boolean> {
	const rows = await tx.query(
		`update items set status = 'failed', error_code = $5, error_detail = $6, duplicate_of = $7, usage = usage || $8::jsonb,
		   sha256 = case when $5 = 'duplicate' then null else sha256 end,
		   lease_stage = null, lease_token = null, lease_expires_at = null,
		   stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
		 where user_id = $1 and id = $2 and lease_stage = $3 and lease_token = $4
		 returning id`,
		[
			lease.userId,
			lease.itemId,
			lease.stage,
			lease.token,
			error.code,
			storableText(error.detail),
			error.duplicateOf ?? null,
			usageToJson(usage),
		],
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
		`update items set lease_stage = null, lease_token = null, lease_expires_at = null, usage = usage || $5::jsonb
		 where user_id = $1 and id = $2 and lease_stage = $3 and lease_token = $4`,
		[lease.userId, lease.itemId, lease.stage, lease.token, usageToJson(usage)],
	);
}
