import { derivedId } from "#core/ids.ts";
import type { ItemStatus } from "#core/items/item.ts";
import type { TakenAt } from "#core/items/taken-at.ts";
import type { OutgoingEvent } from "#core/pipeline/events.ts";
import { duplicateOf, uploadMissing } from "#core/pipeline/item-errors.ts";
import { queuedStatuses, type StageName, stages } from "#core/pipeline/stages.ts";
import { requestEvent } from "#core/pipeline/work-request.ts";
import type { Lease, ProcessedImage, Stages, StalledItem } from "#core/ports/index.ts";
import { type Database, type Queryable, violatedUnique } from "../database.ts";
import { suggestTags } from "../items/tags.ts";
import { itemWithAnalysis, type WholeItemRow, wholeItem, withCurrentAnalysis } from "../items/whole-item.ts";
import { type ItemRow, itemFromRow, usageText } from "../rows.ts";
import { documentSources, writeDocuments } from "../search/documents.ts";
import { halfvecBytes } from "../search/halfvec.ts";
import { constants, type Sql, sql } from "../sql.ts";
import { storableJson, storableText } from "../text.ts";
import { claimItem } from "./claims.ts";
import { advance, becomeEmbedded, fail, holds, putOff, release } from "./leases.ts";
import { announce } from "./outbox.ts";
import { claimRequest, endRequest, waitingRequests } from "./requests.ts";
import { nextInTurns } from "./turns.ts";

/** The pipeline's state in PostgreSQL. Every commit locks the item's row first, so no two deadlock. */
export function postgresStages(db: Database): Stages {
	return {
		claim: (userId, itemId, stage, leaseSeconds, fairness) =>
			claimItem(db, { userId, itemId, stage }, leaseSeconds, fairness),

		claimRequest: (userId, itemId, requestId, leaseSeconds, fairness) =>
			db.transaction((tx) => claimRequest(tx, { userId, itemId, requestId }, leaseSeconds, fairness)),

		async commitProcessed(lease, result, event) {
			const attempt = () =>
				db.transaction(async (tx) => {
					if (!(await holds(tx, lease))) return false;
					const duplicate = await existingDuplicate(tx, lease, result.sha256);
					if (duplicate) {
						return fail(tx, lease, duplicateOf(duplicate));
					}
					await advance(tx, lease);
					const isDescribed = await cameWithAnalysis(tx, lease);
					await describeFile(tx, lease, result);
					await tx.query(
						sql`update items set sha256 = ${result.sha256} where user_id = ${lease.userId} and id = ${lease.itemId}`,
					);
					if (isDescribed) await becomeDescribed(tx, lease, event);
					else await announce(tx, event);
					for (const request of await waitingRequests(tx, lease)) {
						if (request.kind === "resize") {
							await endRequest(tx, { ...lease, requestId: request.id });
						} else {
							await announce(tx, requestEvent(request, event.detail.correlation_id));
						}
					}
					return true;
				});
			try {
				return await attempt();
			} catch (error) {
				// The duplicate was committed between our read and our write: the second attempt sees it.
				if (violatedUnique(error) !== "items_same_bytes_once") throw error;
				return attempt();
			}
		},

		commitAnalyzed: (lease, analysis, event) =>
			db.transaction(async (tx) => {
				if (!(await holds(tx, lease))) return false;
				const [row] = await tx.query<WholeItemRow>(
					sql`select ${wholeItem} from items ${withCurrentAnalysis}
					    where items.user_id = ${lease.userId} and items.id = ${lease.itemId}`,
				);
				if (!row) return false;
				const { item, tags } = itemWithAnalysis(row);
				await tx.query(
					sql`insert into analyses (id, item_id, user_id, version, category, raw_response,
					      provider_used, model_used, trace_id, usage, verification)
					    select ${analysis.id}, id, user_id, ${analysis.version}, ${storableText(analysis.description.category)},
					      ${storableJson(analysis.description)},
					      ${analysis.providerUsed}, ${analysis.modelUsed}, ${analysis.traceId}, usage || ${usageText(analysis.usage)}::jsonb,
					      ${analysis.verification ? storableJson(analysis.verification) : null}::jsonb
					    from items where id = ${lease.itemId} and user_id = ${lease.userId}`,
				);
				await advance(tx, lease, analysis.id);
				await tx.query(sql`delete from embeddings where user_id = ${lease.userId} and item_id = ${lease.itemId}`);
				const suggested = analysis.description.tags;
				await writeDocuments(tx, lease.userId, [
					{
						item,
						analysis,
						tags: item.edits.tags ? tags : await suggestTags(tx, lease.userId, lease.itemId, suggested),
					},
				]);
				await announce(tx, event);
				await endRequest(tx, lease, { analysisId: analysis.id });
				return true;
			}),

		commitCompared: (lease, comparison) =>
			db.transaction(async (tx) => {
				if (!(await holds(tx, lease))) return false;
				await release(tx, lease);
				await endRequest(tx, lease, { comparison });
				return true;
			}),

		commitResized: (lease, result) =>
			db.transaction(async (tx) => {
				if (!(await holds(tx, lease))) return false;
				await describeFile(tx, lease, result);
				await release(tx, lease);
				await endRequest(tx, lease);
				return true;
			}),

		commitEmbedded: (lease, embedding, event) =>
			db.transaction(async (tx) => {
				if (!(await holds(tx, lease))) return false;
				const [item] = await tx.query<{ text_revision: number }>(
					sql`select text_revision from items where user_id = ${lease.userId} and id = ${lease.itemId}`,
				);
				if (item?.text_revision !== embedding.textRevision) {
					// The person changed the text meanwhile: whatever is still pending embeds it.
					await release(tx, lease, embedding.usage);
					return false;
				}
				const inserted = await tx.query(
					sql`insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
					    select documents.item_id, documents.user_id, ${embedding.model}, documents.analysis_id, documents.category,
					      ${halfvecBytes(embedding.vector)}::halfvec
					    from documents
					    where documents.user_id = ${lease.userId} and documents.item_id = ${lease.itemId}
					      and documents.analysis_id = ${embedding.analysisId}
					    on conflict (item_id, model) do update set
					      analysis_id = excluded.analysis_id, category = excluded.category,
					      embedding = excluded.embedding, created_at = clock_timestamp()
					    where embeddings.user_id = excluded.user_id
					    returning item_id`,
				);
				if (inserted.length === 0) {
					// The vector is of an older analysis. The worker with the current one must not wait for our lease to end.
					await release(tx, lease, embedding.usage);
					await endRequest(tx, lease);
					return false;
				}
				await tx.query(
					sql`update analyses set usage = analyses.usage || items.usage || ${usageText(embedding.usage)}::jsonb
					    from items
					    where analyses.user_id = ${lease.userId} and analyses.item_id = ${lease.itemId} and analyses.id = ${embedding.analysisId}
					      and items.user_id = ${lease.userId} and items.id = ${lease.itemId}`,
				);
				const isReady = await (lease.requestId ? becomeEmbedded(tx, lease) : advance(tx, lease));
				if (isReady) await announce(tx, event);
				await endRequest(tx, lease);
				return true;
			}),

		fail: (lease, error, usage) => db.transaction((tx) => fail(tx, lease, error, usage)),
		failRequest: (lease, failure, usage) =>
			db.transaction(async (tx) => {
				if (!(await holds(tx, lease))) return false;
				await release(tx, lease, usage);
				await endRequest(tx, lease, { failure });
				return true;
			}),
		release: (lease, usage) => release(db, lease, usage),
		putOff: (lease, outage, usage) => db.transaction((tx) => putOff(tx, lease, outage, usage)),

		claimStalled: ({ idleSeconds, againSeconds, limit }) =>
			claimWaiting(db, queuedStatuses, { idleSeconds, isAgain: sweptBefore(againSeconds), limit }),

		claimPending: ({ idleSeconds, againSeconds, overdueSeconds, limit }) => {
			const overdueAt = sql`items.stage_at + make_interval(secs => ${overdueSeconds})`;
			const becameOverdue = sql`(${overdueAt} <= clock_timestamp() and items.swept_at < ${overdueAt})`;
			const isAgain = sql`(${sweptBefore(againSeconds)} or ${becameOverdue})`;
			return claimWaiting(db, ["pending"], { idleSeconds, isAgain, limit });
		},

		async oldestWaitSeconds() {
			const [oldest] = await db.query<{
				seconds: number;
			}>(
				sql`select extract(epoch from clock_timestamp() - stage_at)::float8 as seconds
				    from items where status in ${constants(queuedStatuses)}
				    order by stage_at limit 1`,
			);
			return Math.max(0, oldest?.seconds ?? 0);
		},

		async failMissingUpload(userId, itemId) {
			await db.query(
				sql`update items set status = 'failed', error_code = ${uploadMissing.code},
				      error_detail = ${uploadMissing.detail},
				      lease_stage = null, lease_token = null, lease_expires_at = null,
				      stage_at = clock_timestamp(), updated_at = clock_timestamp()
				    where user_id = ${userId} and id = ${itemId} and status = 'pending'
				      and (lease_expires_at is null or lease_expires_at <= clock_timestamp())`,
			);
		},

		async claimTombstones({ olderThanSeconds, againSeconds, limit }) {
			const isDue = sql`deleted_at <= clock_timestamp() - make_interval(secs => ${olderThanSeconds})
			      and (swept_at is null or swept_at <= clock_timestamp() - make_interval(secs => ${againSeconds}))`;
			const rows = await db.query<{ user_id: string; item_id: string; deleted_at: Date }>(
				sql`with recursive ${nextInTurns({
					table: sql`tombstones`,
					columns: sql`user_id, item_id`,
					isWaiting: sql`true`,
					isDue,
					touchedAt: sql`greatest(deleted_at, swept_at)`,
					limit,
				})}, taken as (
				      update tombstones set swept_at = clock_timestamp()
				      from next
				      where tombstones.user_id = next.user_id and tombstones.item_id = next.item_id
				      returning tombstones.*, turn, touched_at
				    )
				    select user_id, item_id, deleted_at from taken order by turn, touched_at, deleted_at`,
			);
			return rows.map((row) => ({
				userId: row.user_id,
				itemId: row.item_id,
				deletedAt: row.deleted_at,
			}));
		},

		async forgetClaims(olderThanSeconds) {
			await db.query(
				sql`delete from recent_claims where claimed_at <= statement_timestamp() - make_interval(secs => ${olderThanSeconds})`,
			);
		},

		async deleteTombstone(userId, itemId) {
			await db.query(sql`delete from tombstones where user_id = ${userId} and item_id = ${itemId}`);
		},
	};
}

const sweptBefore = (seconds: number) =>
	sql`(items.swept_at is null or items.swept_at <= clock_timestamp() - make_interval(secs => ${seconds}))`;

/** Claims for the sweeper items of some statuses without a lease, in turns by user. */
async function claimWaiting(
	db: Queryable,
	statuses: readonly ItemStatus[],
	{ idleSeconds, isAgain, limit }: { idleSeconds: number; isAgain: Sql; limit: number },
): Promise<StalledItem[]> {
	const isDue = sql`items.stage_at <= clock_timestamp() - make_interval(secs => ${idleSeconds})
	      and (items.lease_expires_at is null or items.lease_expires_at <= clock_timestamp())
	      and ${isAgain}`;
	const rows = await db.query<ItemRow & { analysis_id: string | null; stage_at: Date }>(
		sql`with recursive ${nextInTurns({
			table: sql`items`,
			columns: sql`items.id`,
			queues: statuses,
			isWaiting: sql`items.status = queue and items.status in ${constants(statuses)}`,
			isDue,
			touchedAt: sql`greatest(items.stage_at, items.swept_at)`,
			limit,
		})}, due as (
		      select items.id, turn, touched_at from items join next on next.id = items.id
		      where items.status in ${constants(statuses)} and ${isDue}
		      for update of items skip locked
		    ), taken as (
		      update items set swept_at = clock_timestamp()
		      from due where items.id = due.id
		      returning items.*, turn, touched_at
		    )
		    select * from taken order by turn, touched_at, id`,
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
}

/**
 * Finds the user's other item with these bytes, restarts it where it had failed, and takes it out of the trash. An item that only announced the
 * bytes loses the digest.
 */
async function existingDuplicate(tx: Queryable, { userId, itemId }: Lease, sha256: string): Promise<string | null> {
	const hasSameBytes = sql`user_id = ${userId} and sha256 = ${sha256} and id <> ${itemId}`;
	// A processed item has a size; an uploaded one has its digest from its bytes.
	const [existing] = await tx.query<{ id: string }>(
		sql`update items set
		      status = case when status = 'failed' then 'uploaded' else status end,
		      error_code = null, error_detail = null, trashed_at = null,
		      attempts = case when status = 'failed' then 0 else attempts end,
		      stage_at = case when status = 'failed' then clock_timestamp() else stage_at end,
		      swept_at = case when status = 'failed' then null else swept_at end,
		      updated_at = case when status = 'failed' then clock_timestamp() else updated_at end
		    where ${hasSameBytes} and (width is not null or status = 'uploaded')
		    returning id`,
	);
	if (existing) return existing.id;
	await tx.query(
		sql`update items set sha256 = null, updated_at = clock_timestamp()
		    where ${hasSameBytes} and width is null and status in ('pending', 'failed')`,
	);
	return null;
}

/** Tells whether an item that never had a picture has an analysis: an archive brought it. */
async function cameWithAnalysis(tx: Queryable, { userId, itemId }: Lease): Promise<boolean> {
	const found = await tx.query(
		sql`select id from items
		    where user_id = ${userId} and id = ${itemId} and width is null and analysis_id is not null`,
	);
	return found.length > 0;
}

/** Moves an item on that came with its analysis: no model is asked for what is there. Without a vector it waits for the embedder. */
async function becomeDescribed(
	tx: Queryable,
	{ userId, itemId, token }: Lease,
	{ detail }: OutgoingEvent<"ImageProcessed">,
): Promise<void> {
	await writeDocuments(tx, userId, await documentSources(tx, userId, [itemId]));
	const [described] = await tx.query<{ status: string; analysis_id: string }>(
		sql`update items set status = case when exists (
		        select from embeddings
		        where embeddings.user_id = ${userId} and embeddings.item_id = items.id
		          and embeddings.analysis_id = items.analysis_id) then 'ready' else 'analyzed' end
		    where user_id = ${userId} and id = ${itemId}
		    returning status, analysis_id`,
	);
	if (described?.status !== "analyzed") return;
	const { version, correlation_id, user_id } = detail;
	await announce(tx, {
		id: derivedId(token, "AnalysisComplete"),
		type: "AnalysisComplete",
		detail: { version, correlation_id, user_id, item_id: itemId, analysis_id: described.analysis_id },
	});
}

/** Writes the traits of the image and of its file. */
export async function describeFile(
	tx: Queryable,
	{ userId, itemId }: Pick<Lease, "userId" | "itemId">,
	result: Omit<ProcessedImage, "sha256">,
): Promise<void> {
	await tx.query(
		sql`update items set width = ${result.width}, height = ${result.height}, ${ofFile(result.takenAt)}, damaged = ${result.damaged},
		      camera = ${result.camera && storableText(result.camera)}, colours = ${result.colours},
		      latitude = ${result.location?.latitude ?? null}, longitude = ${result.location?.longitude ?? null},
		      placeholder = ${Buffer.from(result.placeholder, "base64")},
		      perceptual_hash = ('x' || ${result.perceptualHash})::bit(64),
		      crop_hashes = ('x' || ${result.cropHashes.join("")})::bit(320), updated_at = clock_timestamp()
		    where user_id = ${userId} and id = ${itemId}`,
	);
	await tx.query(
		sql`insert into fingerprints (user_id, item_id, luma) values (${userId}, ${itemId}, ${result.luma})
		    on conflict (user_id, item_id) do update set luma = excluded.luma`,
	);
}

/** Sets the time that the file says: beside the person's own, where there is one. */
function ofFile(takenAt: TakenAt | null): Sql {
	const isOwn = sql`coalesce(taken_at_source = 'user', false)`;
	const [local, offset, source] = [takenAt?.local ?? null, takenAt?.offset ?? null, takenAt?.source ?? null];
	return sql`taken_at = case when ${isOwn} then taken_at else ${takenAt?.instant ?? null}::timestamptz end,
		      taken_at_local = case when ${isOwn} then taken_at_local else ${local} end,
		      taken_at_offset = case when ${isOwn} then taken_at_offset else ${offset} end,
		      taken_at_source = case when ${isOwn} then taken_at_source else ${source} end,
		      file_taken_at_local = case when ${isOwn} then ${local} end,
		      file_taken_at_offset = case when ${isOwn} then ${offset} end,
		      file_taken_at_source = case when ${isOwn} then ${source} end`;
}

function stageFrom(status: string): StageName {
	const found = Object.entries(stages).find(([, { from }]) => (from as readonly string[]).includes(status));
	if (!found) throw new Error(`No stage starts from the status ${status}.`);
	return found[0] as StageName;
}
