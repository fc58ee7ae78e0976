import { randomUUID } from "node:crypto";
import type { ModelUsage } from "#core/analysis.ts";
import type { OutgoingEvent } from "#core/events.ts";
import type { ItemError } from "#core/item.ts";
import {
	type Lease,
	maxAttempts,
	type StageName,
	type Stages,
	stages,
} from "#core/ports.ts";
import { type Database, type Queryable, violatedUnique } from "./database.ts";
import { type ItemRow, itemFromRow, usageToJson } from "./rows.ts";
import { storableJson, storableText, vectorText } from "./text.ts";

const exhausted = `Processing this image failed ${maxAttempts} times: upload it again to try once more.`;

/** The pipeline's memory in PostgreSQL. Every commit begins with the item's row, so none waits for another in a circle. */
export function postgresStages(db: Database): Stages {
	return {
		async claim(userId, itemId, stage, leaseSeconds) {
			const token = randomUUID();
			const [row] = await db.query<ItemRow & { attempts: number }>(
				`update items set
				   attempts = least(attempts + 1, $6),
				   status = case when attempts < $6 then status else 'failed' end,
				   error_code = case when attempts < $6 then error_code else 'retries_exhausted' end,
				   error_detail = case when attempts < $6 then error_detail else $8 end,
				   lease_stage = case when attempts < $6 then $3 end,
				   lease_token = case when attempts < $6 then $5::uuid end,
				   lease_expires_at = case when attempts < $6 then clock_timestamp() + make_interval(secs => $7) end,
				   updated_at = clock_timestamp()
				 where user_id = $1 and id = $2 and status = any($4)
				   and (lease_expires_at is null or lease_expires_at <= clock_timestamp())
				 returning *`,
				[
					userId,
					itemId,
					stage,
					stages[stage].from,
					token,
					maxAttempts,
					leaseSeconds,
					exhausted,
				],
			);
			if (row?.status === "failed") return { outcome: "done" };
			if (row) {
				return {
					outcome: "claimed",
					lease: { userId, itemId, stage, token },
					item: itemFromRow(row),
					attempt: row.attempts,
				};
			}
			const [other] = await db.query<{
				waiting: boolean;
				seconds_left: number;
			}>(
				`select status = any($3) as waiting,
				   greatest(1, ceil(extract(epoch from lease_expires_at - clock_timestamp())))::int as seconds_left
				 from items where user_id = $1 and id = $2`,
				[userId, itemId, stages[stage].from],
			);
			if (!other) return { outcome: "gone" };
			return other.waiting
				? { outcome: "busy", secondsLeft: other.seconds_left }
				: { outcome: "done" };
		},

		async commitProcessed(lease, result, event) {
			const attempt = () =>
				db.transaction(async (tx) => {
					if (!(await holds(tx, lease))) return false;
					const twin = await keptTwin(tx, lease, result.sha256);
					if (twin) {
						return fail(tx, lease, {
							code: "duplicate",
							detail: "You already have this image.",
							duplicateOf: twin,
						});
					}
					await advance(tx, lease);
					await tx.query(
						`update items set width = $3, height = $4, sha256 = $5, taken_at = $6, camera = $7, colours = $8,
						   latitude = $9, longitude = $10
						 where user_id = $1 and id = $2`,
						[
							lease.userId,
							lease.itemId,
							result.width,
							result.height,
							result.sha256,
							result.takenAt,
							result.camera && storableText(result.camera),
							result.colours,
							result.location?.latitude ?? null,
							result.location?.longitude ?? null,
						],
					);
					await announce(tx, lease, event);
					return true;
				});
			try {
				return await attempt();
			} catch (error) {
				// The twin was committed between our look and our write: now it is seen.
				if (violatedUnique(error) !== "items_same_bytes_once") throw error;
				return attempt();
			}
		},

		commitAnalyzed: (lease, analysis, text, event) =>
			db.transaction(async (tx) => {
				if (!(await holds(tx, lease))) return false;
				const category = storableText(analysis.description.category);
				await tx.query(
					`insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used, trace_id, usage)
					 select $1, id, user_id, $4, $5, $6, $7, $8, $9, usage || $10::jsonb
					 from items where id = $2 and user_id = $3`,
					[
						analysis.id,
						lease.itemId,
						lease.userId,
						analysis.version,
						category,
						storableJson(analysis.description),
						analysis.providerUsed,
						analysis.modelUsed,
						analysis.traceId,
						usageToJson(analysis.usage),
					],
				);
				await advance(tx, lease, analysis.id);
				await tx.query(
					"delete from embeddings where user_id = $1 and item_id = $2",
					[lease.userId, lease.itemId],
				);
				await tx.query(
					`insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text)
					 values ($1, $2, $3, $4, $5, $6, $7, $8)
					 on conflict (item_id) do update set
					   analysis_id = excluded.analysis_id, category = excluded.category, headline = excluded.headline,
					   summary = excluded.summary, labels = excluded.labels, extracted_text = excluded.extracted_text
					 where documents.user_id = excluded.user_id`,
					[
						lease.itemId,
						lease.userId,
						analysis.id,
						category,
						storableText(text.headline),
						storableText(text.summary),
						storableText(text.labels),
						storableText(text.extractedText),
					],
				);
				await announce(tx, lease, event);
				return true;
			}),

		commitEmbedded: (lease, embedding, event) =>
			db.transaction(async (tx) => {
				if (!(await holds(tx, lease))) return false;
				const written = await tx.query(
					`insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
					 select documents.item_id, documents.user_id, $3, documents.analysis_id, documents.category, $5::vector::halfvec
					 from documents
					 where documents.user_id = $1 and documents.item_id = $2 and documents.analysis_id = $4
					 on conflict (item_id, model) do update set
					   analysis_id = excluded.analysis_id, category = excluded.category,
					   embedding = excluded.embedding, created_at = clock_timestamp()
					 where embeddings.user_id = excluded.user_id
					 returning item_id`,
					[
						lease.userId,
						lease.itemId,
						embedding.model,
						embedding.analysisId,
						vectorText(embedding.vector),
					],
				);
				if (written.length === 0) {
					// Of an older analysis. Whoever brings the current one must not wait for our lease to end.
					await release(tx, lease, embedding.usage);
					return false;
				}
				await tx.query(
					`update analyses set usage = analyses.usage || items.usage || $4::jsonb
					 from items
					 where analyses.user_id = $1 and analyses.item_id = $2 and analyses.id = $3
					   and items.user_id = $1 and items.id = $2`,
					[
						lease.userId,
						lease.itemId,
						embedding.analysisId,
						usageToJson(embedding.usage),
					],
				);
				await advance(tx, lease);
				await announce(tx, lease, event);
				return true;
			}),

		fail: (lease, error, usage) => fail(db, lease, error, usage),
		release: (lease, usage) => release(db, lease, usage),

		async takeStalled({ idleSeconds, againSeconds, limit }) {
			const rows = await db.query<
				ItemRow & { analysis_id: string | null; stage_at: Date }
			>(
				`with stalled as (
				   select id from items
				   where status in ('pending', 'uploaded', 'processed', 'analyzed')
				     and stage_at <= clock_timestamp() - make_interval(secs => $1)
				     and (swept_at is null or swept_at <= clock_timestamp() - make_interval(secs => $2))
				     and (lease_expires_at is null or lease_expires_at <= clock_timestamp())
				   order by stage_at
				   limit $3
				   for update skip locked
				 ), taken as (
				   update items set swept_at = clock_timestamp()
				   from stalled where items.id = stalled.id
				   returning items.*
				 )
				 select * from taken order by stage_at, id`,
				[idleSeconds, againSeconds, limit],
			);
			return rows.map((row) => {
				const stage = stageFrom(row.status);
				return {
					item: itemFromRow(row),
					stage,
					since: row.stage_at,
					analysisId: stage === "embed" ? row.analysis_id : null,
				};
			});
		},

		async failMissingUpload(userId, itemId) {
			await db.query(
				`update items set status = 'failed', error_code = 'upload_missing',
				   error_detail = 'The file of this item was never uploaded: upload it again.',
				   lease_stage = null, lease_token = null, lease_expires_at = null,
				   stage_at = clock_timestamp(), updated_at = clock_timestamp()
				 where user_id = $1 and id = $2 and status = 'pending'
				   and (lease_expires_at is null or lease_expires_at <= clock_timestamp())`,
				[userId, itemId],
			);
		},

		async tombstones({ olderThanSeconds, limit }) {
			const rows = await db.query<{
				user_id: string;
				item_id: string;
				deleted_at: Date;
			}>(
				`select user_id, item_id, deleted_at from tombstones
				 where deleted_at <= clock_timestamp() - make_interval(secs => $1)
				 order by deleted_at
				 limit $2`,
				[olderThanSeconds, limit],
			);
			return rows.map((row) => ({
				userId: row.user_id,
				itemId: row.item_id,
				deletedAt: row.deleted_at,
			}));
		},

		async forgetTombstone(userId, itemId) {
			await db.query(
				"delete from tombstones where user_id = $1 and item_id = $2",
				[userId, itemId],
			);
		},
	};
}

/** Locks the item where the lease is still the holder's; the rest of the transaction has it alone. */
async function holds(tx: Queryable, lease: Lease): Promise<boolean> {
	const rows = await tx.query(
		`select id from items
		 where user_id = $1 and id = $2 and lease_stage = $3 and lease_token = $4
		 for update`,
		[lease.userId, lease.itemId, lease.stage, lease.token],
	);
	return rows.length > 0;
}

/** The user's other item with these bytes, tried again where it had failed; one that only announced them loses the digest. */
async function keptTwin(
	tx: Queryable,
	{ userId, itemId }: Lease,
	sha256: string,
): Promise<string | null> {
	const of = [userId, sha256, itemId];
	// What was processed has a size; what is uploaded has its digest from its bytes.
	const [kept] = await tx.query<{ id: string }>(
		`update items set
		   status = case when status = 'failed' then 'uploaded' else status end,
		   error_code = null, error_detail = null,
		   attempts = case when status = 'failed' then 0 else attempts end,
		   stage_at = case when status = 'failed' then clock_timestamp() else stage_at end,
		   swept_at = case when status = 'failed' then null else swept_at end,
		   updated_at = case when status = 'failed' then clock_timestamp() else updated_at end
		 where user_id = $1 and sha256 = $2 and id <> $3 and (width is not null or status = 'uploaded')
		 returning id`,
		of,
	);
	if (kept) return kept.id;
	await tx.query(
		`update items set sha256 = null, updated_at = clock_timestamp()
		 where user_id = $1 and sha256 = $2 and id <> $3 and width is null and status in ('pending', 'failed')`,
		of,
	);
	return null;
}

/**
 * Moves the item on and ends the lease. An expired lease that nobody else took is still good.
 * An analysis has taken over what was billed before.
 */
async function advance(
	tx: Queryable,
	lease: Lease,
	analysisId: string | null = null,
): Promise<boolean> {
	const rows = await tx.query(
		`update items set status = $5, analysis_id = coalesce($6, analysis_id), attempts = 0,
		   usage = case when $3 = 'process' then usage else '[]' end,
		   lease_stage = null, lease_token = null, lease_expires_at = null,
		   stage_at = clock_timestamp(), swept_at = null, updated_at = clock_timestamp()
		 where user_id = $1 and id = $2 and lease_stage = $3 and lease_token = $4
		 returning id`,
		[
			lease.userId,
			lease.itemId,
			lease.stage,
			lease.token,
			stages[lease.stage].to,
			analysisId,
		],
	);
	return rows.length > 0;
}

/** A failed duplicate gives its bytes' digest up: the item it duplicates has it. */
async function fail(
	tx: Queryable,
	lease: Lease,
	error: ItemError,
	usage: ModelUsage[] = [],
): Promise<boolean> {
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
	return rows.length > 0;
}

async function release(
	tx: Queryable,
	lease: Lease,
	usage: ModelUsage[] = [],
): Promise<void> {
	await tx.query(
		`update items set lease_stage = null, lease_token = null, lease_expires_at = null, usage = usage || $5::jsonb
		 where user_id = $1 and id = $2 and lease_stage = $3 and lease_token = $4`,
		[lease.userId, lease.itemId, lease.stage, lease.token, usageToJson(usage)],
	);
}

/** Leaves the event with the result it announces; sent, it is deleted. */
async function announce(
	tx: Queryable,
	{ itemId, userId }: Lease,
	event: OutgoingEvent,
): Promise<void> {
	await tx.query(
		`insert into outbox (id, item_id, user_id, type, detail) values ($1, $2, $3, $4, $5)
		 on conflict (id) do nothing`,
		[event.id, itemId, userId, event.type, storableJson(event.detail)],
	);
}

function stageFrom(status: string): StageName {
	const found = Object.entries(stages).find(([, { from }]) =>
		(from as readonly string[]).includes(status),
	);
	if (!found) throw new Error(`No stage starts from the status ${status}.`);
	return found[0] as StageName;
}
