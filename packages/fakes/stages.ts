import { randomUUID } from "node:crypto";
import { derivedId } from "#core/ids.ts";
import type { Analysis } from "#core/items/analysis.ts";
import type { ItemError, ItemStatus } from "#core/items/item.ts";
import { duplicateOf, processingExhausted, requestExhausted, uploadMissing } from "#core/pipeline/item-errors.ts";
import { putOffBy } from "#core/pipeline/outage.ts";
import { queuedStatuses, type StageName, stageNames, stages } from "#core/pipeline/stages.ts";
import { type RequestError, requestEvent, stageOf } from "#core/pipeline/work-request.ts";
import { type Lease, maxAttempts, type ProcessedImage, type Stages, type StalledItem } from "#core/ports/index.ts";
import type { ModelComparison } from "#core/verification/comparison.ts";
import { suggestTags, textOf } from "./edits.ts";
import { deferral, recordClaim } from "./fairness.ts";
import { announce, inTurns, owned, ownedItems, type Store, type StoredItem } from "./store.ts";

export function fakeStages(store: Store): Stages {
	const isLeased = ({ lease }: StoredItem) => lease !== null && lease.expiresAt > store.now();

	/** Returns the item while the lease is the item's current one. */
	const findLeased = ({ userId, itemId, stage, token }: Lease) => {
		const stored = owned(store, userId, itemId);
		const lease = stored?.lease;
		return lease?.stage === stage && lease.token === token ? stored : null;
	};

	const setStatus = (stored: StoredItem, status: ItemStatus) => {
		stored.item.status = status;
		stored.item.updatedAt = new Date(store.now());
		stored.lease = null;
		stored.stageAt = store.now();
		stored.sweptAt = null;
	};

	const advance = (stored: StoredItem, { stage }: Lease) => {
		setStatus(stored, stages[stage].to);
		stored.item.error = null;
		stored.attempts = 0;
	};

	/** An item that came with its analysis needs no model, or the embedder alone. */
	const becomeDescribed = (stored: StoredItem, { id: analysis_id }: Analysis, { token, itemId: item_id }: Lease) => {
		stored.document = textOf(stored);
		const isReady = [...stored.embeddings.values()].some(({ analysisId }) => analysisId === analysis_id);
		stored.item.status = isReady ? "ready" : "analyzed";
		if (isReady) return;
		const { correlationId: correlation_id, userId: user_id } = stored.item;
		announce(
			stored,
			{
				id: derivedId(token, "AnalysisComplete"),
				type: "AnalysisComplete",
				detail: { version: 1, correlation_id, user_id, item_id, analysis_id },
			},
			store.now(),
		);
	};

	const fail = (stored: StoredItem, error: ItemError) => {
		setStatus(stored, "failed");
		stored.item.error = { ...error };
		if (error.code === "duplicate") stored.item.sha256 = null;
	};

	const setImage = (stored: StoredItem, image: Omit<ProcessedImage, "sha256"> & { sha256?: string }) => {
		const { sha256: _, cropHashes, luma, takenAt, ...fields } = image;
		Object.assign(stored.item, fields);
		if (stored.item.takenAt?.source === "user") stored.fileTakenAt = takenAt;
		else stored.item.takenAt = takenAt;
		stored.fingerprint = { perceptualHash: image.perceptualHash, cropHashes, luma };
	};

	const waitingRequests = ({ requests }: StoredItem) =>
		requests.map(({ request }) => request).filter(({ status }) => status === "pending");

	const endRequest = (
		{ requests }: StoredItem,
		requestId: string | null,
		outcome: { analysisId?: string; comparison?: ModelComparison; failure?: RequestError } = {},
	) => {
		const found = requests.find(({ request }) => request.id === requestId);
		if (found?.request.status !== "pending") return;
		Object.assign(found.request, {
			status: outcome.failure ? "failed" : "done",
			error: outcome.failure ?? null,
			analysisId: outcome.analysisId ?? null,
			comparison: outcome.comparison ?? null,
			finishedAt: new Date(store.now()),
		});
	};

	const announceRequests = (stored: StoredItem) => {
		for (const request of waitingRequests(stored)) {
			const event = requestEvent(request, stored.item.correlationId);
			announce(stored, event, store.now());
		}
	};

	const isSweptBefore = (sweptAt: number | null, seconds: number) =>
		sweptAt === null || sweptAt <= store.now() - seconds * 1000;

	const claimWaiting = (
		statuses: readonly ItemStatus[],
		idleSeconds: number,
		limit: number,
		isAgain: (stored: StoredItem) => boolean,
	): StalledItem[] => {
		const now = store.now();
		const due = [...store.items.values()].filter(
			(stored) =>
				statuses.includes(stored.item.status) &&
				!isLeased(stored) &&
				stored.stageAt <= now - idleSeconds * 1000 &&
				isAgain(stored),
		);
		const turns = inTurns(due, ({ item, stageAt, sweptAt }) => ({
			userId: item.userId,
			touchedAt: sweptAt ?? stageAt,
		}));
		return turns.slice(0, limit).map((stored) => {
			stored.sweptAt = now;
			const stage = stageFrom(stored.item.status);
			return {
				item: structuredClone(stored.item),
				stage,
				since: new Date(stored.stageAt),
				analysisId: stage === "embed" ? (stored.analysis?.id ?? null) : null,
			};
		});
	};

	return {
		async claim(userId, itemId, stage, leaseSeconds, fairness) {
			const stored = owned(store, userId, itemId);
			if (!stored) return { outcome: "gone" };
			if (!startsFrom(stage, stored.item.status)) return { outcome: "done" };
			if (stored.lease && isLeased(stored)) {
				const left = stored.lease.expiresAt - store.now();
				return { outcome: "busy", secondsLeft: Math.ceil(left / 1000) };
			}
			const since = stored.item.status === "pending" ? (stored.arrivedAt ?? store.now()) : stored.stageAt;
			const deferred = deferral(store, userId, stage, fairness, (store.now() - since) / 1000);
			if (deferred) {
				if (stored.item.status === "pending") stored.arrivedAt = since;
				stored.deferredUntil = store.now() + deferred.seconds * 1000;
				return deferred;
			}
			recordClaim(store, userId, stage, (stored.item.status === "pending" && stored.arrivedAt) || stored.stageAt);
			if (stored.attempts >= maxAttempts) {
				fail(stored, processingExhausted);
				return { outcome: "done" };
			}
			const token = randomUUID();
			stored.attempts += 1;
			stored.lease = { stage, token, expiresAt: store.now() + leaseSeconds * 1000 };
			return {
				outcome: "claimed",
				lease: { userId, itemId, stage, token, requestId: null },
				item: structuredClone(stored.item),
				attempt: stored.attempts,
				request: null,
			};
		},

		async claimRequest(userId, itemId, requestId, leaseSeconds, fairness) {
			const stored = owned(store, userId, itemId);
			if (!stored) return { outcome: "gone" };
			const { item } = stored;
			const found = stored.requests.find(({ request }) => request.id === requestId);
			if (found?.request.status !== "pending") return { outcome: "done" };
			if (stored.lease && isLeased(stored)) {
				const left = stored.lease.expiresAt - store.now();
				return { outcome: "busy", secondsLeft: Math.ceil(left / 1000) };
			}
			if (item.status === "pending" || item.status === "uploaded") {
				return { outcome: "done" };
			}
			const failure =
				item.status === "failed" && item.width === null
					? item.error
					: found.attempts >= maxAttempts
						? requestExhausted
						: null;
			if (failure) {
				stored.lease = null;
				const { code, detail } = failure;
				endRequest(stored, requestId, { failure: { code, detail } });
				return { outcome: "done" };
			}
			const stage = stageOf[found.request.kind];
			const deferred = deferral(store, userId, stage, fairness, (store.now() - found.touchedAt) / 1000);
			if (deferred) {
				found.deferredUntil = store.now() + deferred.seconds * 1000;
				return deferred;
			}
			recordClaim(store, userId, stage, found.request.createdAt.getTime());
			const token = randomUUID();
			found.attempts += 1;
			found.touchedAt = store.now();
			stored.lease = { stage, token, expiresAt: store.now() + leaseSeconds * 1000 };
			return {
				outcome: "claimed",
				lease: { userId, itemId, stage, token, requestId },
				item: structuredClone(item),
				attempt: found.attempts,
				request: structuredClone(found.request),
			};
		},

		async commitProcessed(lease, result, event) {
			const stored = findLeased(lease);
			if (!stored) return false;
			const duplicate = ownedItems(store, lease.userId).find(
				({ item }) => item.id !== lease.itemId && item.sha256 === result.sha256,
			);
			if (duplicate && (duplicate.item.width !== null || duplicate.item.status === "uploaded")) {
				fail(stored, duplicateOf(duplicate.item.id));
				duplicate.item.trashedAt = null;
				if (duplicate.item.status === "failed") {
					setStatus(duplicate, "uploaded");
					duplicate.item.error = null;
					duplicate.attempts = 0;
				}
				announceRequests(stored);
				return true;
			}
			if (duplicate) duplicate.item.sha256 = null;
			const broughtAnalysis = stored.item.width === null ? stored.analysis : null;
			setImage(stored, result);
			stored.item.sha256 = result.sha256;
			advance(stored, lease);
			if (broughtAnalysis) becomeDescribed(stored, broughtAnalysis, lease);
			else announce(stored, event, store.now());
			for (const { id, kind } of waitingRequests(stored)) {
				if (kind === "resize") endRequest(stored, id);
			}
			announceRequests(stored);
			return true;
		},

		async commitAnalyzed(lease, added, event) {
			const stored = findLeased(lease);
			if (!stored) return false;
			if (stored.analyses.some(({ version }) => version === added.version)) {
				throw new Error(`Version ${added.version} exists.`);
			}
			const analysis = {
				...structuredClone(added),
				usage: [...stored.usage, ...structuredClone(added.usage)],
				itemId: lease.itemId,
				userId: lease.userId,
				createdAt: new Date(store.now()),
			};
			stored.usage = [];
			stored.analyses.unshift(analysis);
			stored.analysis = analysis;
			if (!stored.item.edits.tags) suggestTags(store, stored, added.description.tags);
			stored.document = textOf(stored);
			stored.embeddings.clear();
			advance(stored, lease);
			announce(stored, event, store.now());
			endRequest(stored, lease.requestId, { analysisId: added.id });
			return true;
		},

		async commitCompared(lease, comparison) {
			const stored = findLeased(lease);
			if (!stored) return false;
			stored.lease = null;
			endRequest(stored, lease.requestId, { comparison: structuredClone(comparison) });
			return true;
		},

		async commitResized(lease, result) {
			const stored = findLeased(lease);
			if (!stored) return false;
			setImage(stored, result);
			stored.lease = null;
			endRequest(stored, lease.requestId);
			return true;
		},

		async commitEmbedded(lease, embedding, event) {
			const stored = findLeased(lease);
			if (!stored) return false;
			if (stored.item.textRevision !== embedding.textRevision) {
				stored.lease = null;
				stored.usage.push(...structuredClone(embedding.usage));
				return false;
			}
			if (stored.analysis?.id !== embedding.analysisId) {
				stored.lease = null;
				stored.usage.push(...structuredClone(embedding.usage));
				endRequest(stored, lease.requestId);
				return false;
			}
			stored.analysis.usage.push(...stored.usage, ...structuredClone(embedding.usage));
			stored.usage = [];
			stored.embeddings.set(embedding.model, structuredClone(embedding));
			const { status, error } = stored.item;
			const lackedEmbedding = status === "analyzed" || error?.code === "retries_exhausted";
			if (lackedEmbedding || !lease.requestId) advance(stored, lease);
			stored.lease = null;
			if (stored.item.status === "ready") announce(stored, event, store.now());
			endRequest(stored, lease.requestId);
			return true;
		},

		async fail(lease, error, usage = []) {
			const stored = findLeased(lease);
			if (!stored) return false;
			stored.usage.push(...structuredClone(usage));
			fail(stored, error);
			if (lease.stage === "process") announceRequests(stored);
			return true;
		},

		async failRequest(lease, failure, usage = []) {
			const stored = findLeased(lease);
			if (!stored) return false;
			stored.usage.push(...structuredClone(usage));
			stored.lease = null;
			endRequest(stored, lease.requestId, { failure });
			return true;
		},

		async release(lease, usage = []) {
			const stored = findLeased(lease);
			if (!stored) return;
			stored.usage.push(...structuredClone(usage));
			stored.lease = null;
		},

		async putOff(lease, outage, usage = []) {
			const stored = findLeased(lease);
			if (!stored) return null;
			const requested = stored.requests.find(({ request }) => request.id === lease.requestId);
			const waiting = requested ?? stored;
			const since = requested?.request.createdAt.getTime() ?? stored.stageAt;
			const waitedSeconds = (store.now() - since) / 1000;
			const { seconds, counts } = putOffBy(outage, waitedSeconds);
			stored.usage.push(...structuredClone(usage));
			stored.lease = null;
			if (!counts) waiting.attempts = Math.max(0, waiting.attempts - 1);
			waiting.sweptAt = store.now();
			waiting.deferredUntil = store.now() + seconds * 1000;
			return { reason: "outage", waitedSeconds, seconds };
		},

		claimStalled: async ({ idleSeconds, againSeconds, limit }) =>
			claimWaiting(queuedStatuses, idleSeconds, limit, ({ sweptAt }) => isSweptBefore(sweptAt, againSeconds)),

		claimPending: async ({ idleSeconds, againSeconds, overdueSeconds, limit }) =>
			claimWaiting(["pending"], idleSeconds, limit, ({ stageAt, sweptAt }) => {
				const overdueAt = stageAt + overdueSeconds * 1000;
				const becameOverdue = overdueAt <= store.now() && (sweptAt ?? 0) < overdueAt;
				return isSweptBefore(sweptAt, againSeconds) || becameOverdue;
			}),

		async oldestWaitSeconds() {
			const waiting = [...store.items.values()].filter(({ item }) => queuedStatuses.includes(item.status));
			const now = store.now();
			const since = Math.min(now, ...waiting.map(({ stageAt }) => stageAt));
			return (now - since) / 1000;
		},

		async failMissingUpload(userId, itemId) {
			const stored = owned(store, userId, itemId);
			if (stored?.item.status !== "pending" || isLeased(stored)) return;
			fail(stored, uploadMissing);
		},

		async claimTombstones({ olderThanSeconds, againSeconds, limit }) {
			const due = [...store.tombstones.values()].filter(
				({ at, sweptAt }) => at <= store.now() - olderThanSeconds * 1000 && isSweptBefore(sweptAt, againSeconds),
			);
			const claimed = inTurns(due, ({ userId, at, sweptAt }) => ({ userId, touchedAt: sweptAt ?? at })).slice(0, limit);
			return claimed.map((tombstone) => {
				tombstone.sweptAt = store.now();
				return { userId: tombstone.userId, itemId: tombstone.itemId, deletedAt: new Date(tombstone.at) };
			});
		},

		async deleteTombstone(userId, itemId) {
			if (store.tombstones.get(itemId)?.userId === userId) {
				store.tombstones.delete(itemId);
			}
		},

		async forgetClaims(olderThanSeconds) {
			for (const [key, { claimedAt }] of store.recentClaims) {
				if (claimedAt <= store.now() - olderThanSeconds * 1000) store.recentClaims.delete(key);
			}
		},
	};
}

function startsFrom(stage: StageName, status: ItemStatus): boolean {
	return (stages[stage].from as readonly ItemStatus[]).includes(status);
}

function stageFrom(status: ItemStatus): StageName {
	const found = stageNames.find((stage) => startsFrom(stage, status));
	if (!found) throw new Error(`No stage starts from the status ${status}.`);
	return found;
}
