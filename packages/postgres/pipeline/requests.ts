import { randomUUID } from "node:crypto";
import { requestExhausted } from "#core/pipeline/item-errors.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import {
	type RequestError,
	requestEvent,
	requestKinds,
	stageOf,
	type WorkRequest,
} from "#core/pipeline/work-request.ts";
import { type Claim, type Fairness, type Lease, maxAttempts, type Requests } from "#core/ports/index.ts";
import type { Database, Queryable } from "../database.ts";
import { isKept } from "../people/deleted-accounts.ts";
import { type ItemRow, itemFromRow, type RequestRow, requestFromRow } from "../rows.ts";
import { constant, sql } from "../sql.ts";
import { storableJson, storableText } from "../text.ts";
import {
	type DeferredRow,
	deferredClaim,
	deferSeconds,
	ownClaims,
	reasonToDefer,
	recordClaim,
	shapeOf,
} from "./fairness.ts";
import { announce } from "./outbox.ts";
import { nextInTurns } from "./turns.ts";

/** Requests in PostgreSQL; `postgresStages` claims and ends them. */
export function postgresRequests(db: Database): Requests {
	return {
		create: ({ id, itemId, userId, kind, provider, model }) =>
			db.transaction(async (tx) => {
				// The item's row first, as in every commit: a stage that ends at this moment sees the request, or is seen by it.
				const [item] = await tx.query<{ correlation_id: string }>(
					sql`select correlation_id from items where user_id = ${userId} and id = ${itemId} for update`,
				);
				if (!item) return null;
				const [created] = await tx.query<RequestRow>(
					sql`insert into requests (id, item_id, user_id, kind, provider, model)
					    values (${id}, ${itemId}, ${userId}, ${kind}, ${provider}, ${model})
					    on conflict do nothing
					    returning *`,
				);
				if (created) {
					const request = requestFromRow(created);
					await announce(tx, requestEvent(request, item.correlation_id));
					return request;
				}
				const [same] = await tx.query<RequestRow>(
					sql`select * from requests
					    where user_id = ${userId} and item_id = ${itemId} and kind = ${kind}
					      and (id = ${id} or (status = 'pending'
					        and provider is not distinct from ${provider} and model is not distinct from ${model}))
					    order by id = ${id} desc
					    limit 1`,
				);
				if (!same) throw new Error(`The request id ${id} is in use.`);
				return requestFromRow(same);
			}),

		async find(userId, itemId, requestId) {
			const [row] = await db.query<RequestRow>(
				sql`select * from requests where user_id = ${userId} and item_id = ${itemId} and id = ${requestId}`,
			);
			return row ? requestFromRow(row) : null;
		},

		async claimRebuildBatch(userId, window) {
			const rows = await db.query<RequestRow & { correlation_id: string }>(
				sql`with next as (
				      select id from requests
				      where user_id = ${userId} and kind = 'embed' and status = 'pending' and swept_at is null
				      order by created_at, id
				      limit greatest(0, ${window} - (
				        select count(*) from requests
				        where user_id = ${userId} and kind = 'embed' and status = 'pending' and swept_at is not null))
				      for update skip locked
				    )
				    update requests set swept_at = clock_timestamp()
				    from next, items
				    where requests.user_id = ${userId} and requests.id = next.id
				      and items.user_id = ${userId} and items.id = requests.item_id
				    returning requests.*, items.correlation_id`,
			);
			return rows.map((row) => ({
				request: requestFromRow(row),
				correlationId: row.correlation_id,
			}));
		},

		async claimStalled({ idleSeconds, againSeconds, limit, maxPerRebuild }) {
			const isDue = sql`requests.touched_at <= clock_timestamp() - make_interval(secs => ${idleSeconds})
			      and (requests.swept_at is null or requests.swept_at <= clock_timestamp() - make_interval(secs => ${againSeconds}))
			      and not exists (
			        select from items
			        where items.user_id = requests.user_id and items.id = requests.item_id
			          and items.lease_expires_at > clock_timestamp())`;
			const rows = await db.query<RequestRow & { correlation_id: string }>(
				sql`with recursive ${nextInTurns({
					table: sql`requests`,
					columns: sql`requests.id`,
					queues: requestKinds,
					isWaiting: sql`requests.kind = queue and requests.status = 'pending'`,
					isDue,
					touchedAt: sql`greatest(requests.touched_at, requests.swept_at)`,
					perUser: sql`case when queue = 'embed' then ${maxPerRebuild}::int else ${limit}::int end`,
					limit,
				})}, due as (
				      select requests.id, turn, next.touched_at from requests join next on next.id = requests.id
				      where requests.status = 'pending' and ${isDue}
				      for update of requests skip locked
				    ), taken as (
				      update requests set swept_at = clock_timestamp()
				      from due join items on true
				      where requests.id = due.id and items.id = requests.item_id and items.user_id = requests.user_id
				      returning requests.*, items.correlation_id, turn, due.touched_at as waited_since
				    )
				    select * from taken order by turn, waited_since, id`,
			);
			return rows.map((row) => ({
				request: requestFromRow(row),
				correlationId: row.correlation_id,
			}));
		},
	};
}

interface RequestTask {
	userId: string;
	itemId: string;
	requestId: string;
}

/** Claims a request for `Stages.claimRequest`, in one transaction. */
export async function claimRequest(
	tx: Queryable,
	task: RequestTask,
	leaseSeconds: number,
	fairness: Fairness | undefined,
): Promise<Claim> {
	const { userId, itemId, requestId } = task;
	const isPending = sql`user_id = ${userId} and item_id = ${itemId} and id = ${requestId} and status = 'pending'`;
	const [pending] = await tx.query<Pick<RequestRow, "kind">>(sql`select kind from requests where ${isPending}`);
	const deferred = pending && fairness && (await deferRequest(tx, task, stageOf[pending.kind], fairness));
	if (deferred) return deferred;
	const [item] = await tx.query<ItemRow & { leased: boolean; seconds_left: number | null }>(
		sql`select *, coalesce(lease_expires_at > clock_timestamp(), false) as leased,
		      greatest(1, ceil(extract(epoch from lease_expires_at - clock_timestamp())))::int as seconds_left
		    from items where user_id = ${userId} and id = ${itemId} and ${isKept(userId)}
		    for update`,
	);
	if (!item) return { outcome: "gone" };
	const [row] = await tx.query<RequestRow>(sql`select * from requests where ${isPending}`);
	if (!row) return { outcome: "done" };
	if (item.leased) {
		return { outcome: "busy", secondsLeft: item.seconds_left ?? 1 };
	}
	// The image is not processed yet: the stage that does it announces the request again.
	if (["pending", "uploaded"].includes(item.status)) {
		return { outcome: "done" };
	}
	const lease: Lease = {
		userId,
		itemId,
		stage: stageOf[row.kind],
		token: randomUUID(),
		requestId,
	};
	const failure: RequestError | null =
		item.status === "failed" && item.width === null
			? {
					code: item.error_code ?? "retries_exhausted",
					detail: item.error_detail ?? "",
				}
			: row.attempts >= maxAttempts
				? requestExhausted
				: null;
	if (failure) {
		await tx.query(
			sql`update items set lease_stage = null, lease_token = null, lease_expires_at = null
			    where user_id = ${userId} and id = ${itemId}`,
		);
		await endRequest(tx, lease, { failure });
		return { outcome: "done" };
	}
	const [claimed] = await tx.query<RequestRow>(
		sql`update requests set attempts = attempts + 1, touched_at = clock_timestamp()
		    where user_id = ${userId} and item_id = ${itemId} and id = ${requestId}
		    returning *`,
	);
	await tx.query(
		sql`update items set lease_stage = ${lease.stage}, lease_token = ${lease.token},
		      lease_expires_at = clock_timestamp() + make_interval(secs => ${leaseSeconds})
		    where user_id = ${userId} and id = ${itemId}`,
	);
	const request = requestFromRow(claimed ?? row);
	return {
		outcome: "claimed",
		lease,
		item: itemFromRow(item),
		attempt: claimed?.attempts ?? 1,
		request,
	};
}

/**
 * Puts off a request where other people come first. Otherwise, if it may be claimed, records the claim; then no other claim
 * of the person counts the leases before the transaction ends.
 */
async function deferRequest(
	tx: Queryable,
	{ userId, itemId, requestId }: RequestTask,
	stage: StageName,
	fairness: Fairness,
): Promise<Claim | null> {
	const waitingSince = sql`(select created_at from requests
	      where user_id = ${userId} and item_id = ${itemId} and id = ${requestId})`;
	const from = sql`decided where claimable and reason is null`;
	const decide = () =>
		tx.query<
			Omit<DeferredRow, "reason"> & { claimable: boolean; reason: DeferredRow["reason"] | null; served: boolean }
		>(
			sql`with ${ownClaims(userId, stage)}, found as materialized (
			      select extract(epoch from clock_timestamp() - requests.touched_at)::float8 as waited,
			        requests.attempts < ${constant(maxAttempts)} and items.status not in ('pending', 'uploaded')
			          and (items.status <> 'failed' or items.width is not null)
			          and coalesce(items.lease_expires_at <= clock_timestamp(), true) as claimable
			      from requests join items on items.user_id = requests.user_id and items.id = requests.item_id
			      where requests.user_id = ${userId} and requests.item_id = ${itemId} and requests.id = ${requestId}
			        and requests.status = 'pending'
			    ), decided as materialized (
			      select claimable, waited, held,
			        case when claimable then ${reasonToDefer(userId, stage, fairness)} end::text as reason
			      from own, found
			    ), timed as materialized (
			      select decided.*, case when reason is not null then ${deferSeconds(userId, stage, fairness)} end as seconds
			      from decided
			    ), put_off as (
			      update requests set deferred_until = clock_timestamp() + make_interval(secs => seconds)
			      from timed
			      where user_id = ${userId} and item_id = ${itemId} and id = ${requestId} and reason is not null
			    ), recorded as (
			      ${recordClaim(userId, stage, { from, waitingSince, counted: true })}
			    )
			    select timed.*, exists (select from recorded) as served from timed`.prepared(
				`defer request ${shapeOf(stage, fairness)}`,
			),
		);
	for (;;) {
		const [row] = await decide();
		if (!row?.claimable) return null;
		if (row.reason) return deferredClaim({ ...row, reason: row.reason });
		if (row.served) return null;
	}
}

/** Lists an item's pending requests, oldest first. */
export async function waitingRequests(
	tx: Queryable,
	{ userId, itemId }: Lease,
): Promise<(WorkRequest & { correlationId: string })[]> {
	const rows = await tx.query<RequestRow & { correlation_id: string }>(
		sql`select requests.*, items.correlation_id
		    from requests join items on items.id = requests.item_id and items.user_id = requests.user_id
		    where requests.user_id = ${userId} and requests.item_id = ${itemId} and requests.status = 'pending'
		    order by requests.created_at, requests.id`,
	);
	return rows.map((row) => ({
		...requestFromRow(row),
		correlationId: row.correlation_id,
	}));
}

/** Ends the lease's request; does nothing for a lease that has none. */
export async function endRequest(
	tx: Queryable,
	{ userId, itemId, requestId }: Lease,
	{
		analysisId = null,
		comparison = null,
		failure = null,
	}: {
		analysisId?: string | null;
		comparison?: WorkRequest["comparison"];
		failure?: RequestError | null;
	} = {},
): Promise<void> {
	if (!requestId) return;
	await tx.query(
		sql`update requests set status = ${failure ? "failed" : "done"},
		      error_code = ${failure?.code ?? null}, error_detail = ${failure && storableText(failure.detail)},
		      analysis_id = ${analysisId}, comparison = ${comparison && storableJson(comparison)}::jsonb, finished_at = clock_timestamp()
		    where user_id = ${userId} and item_id = ${itemId} and id = ${requestId} and status = 'pending'`,
	);
}
