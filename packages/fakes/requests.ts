import { requestEvent, type WorkRequest } from "#core/pipeline/work-request.ts";
import type { Requests } from "#core/ports/index.ts";
import {
	announce,
	inTurns,
	owned,
	ownedItems,
	pendingRequest,
	pendingState,
	type Store,
	type StoredRequest,
} from "./store.ts";

export function fakeRequests(store: Store): Requests {
	return {
		async create(added) {
			const { userId, itemId } = added;
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const existing = stored.requests.find(({ request }) => request.id === added.id) ?? pendingRequest(stored, added);
			if (existing) return structuredClone(existing.request);
			const now = store.now();
			const request: WorkRequest = {
				...added,
				...pendingState(now),
			};
			stored.requests.push({ request, attempts: 0, touchedAt: now, sweptAt: null, deferredUntil: null });
			announce(stored, requestEvent(request, stored.item.correlationId), now);
			return structuredClone(request);
		},

		async find(userId, itemId, requestId) {
			const found = owned(store, userId, itemId)?.requests.find(({ request }) => request.id === requestId);
			return structuredClone(found?.request ?? null);
		},

		async claimRebuildBatch(userId, window) {
			const embeds = ownedItems(store, userId).flatMap(({ item, requests }) =>
				requests.filter(({ request }) => isEmbed(request) && isPending(request)).map((waiting) => ({ item, waiting })),
			);
			const isNext = ({ waiting }: { waiting: StoredRequest }) => waiting.sweptAt === null;
			const next = embeds.filter(isNext);
			const room = window - (embeds.length - next.length);
			return next.slice(0, Math.max(0, room)).map(({ item, waiting }) => {
				waiting.sweptAt = store.now();
				return { request: structuredClone(waiting.request), correlationId: item.correlationId };
			});
		},

		async claimStalled({ idleSeconds, againSeconds, limit, maxPerRebuild }) {
			const now = store.now();
			const rebuildCounts = new Map<string, number>();
			const idle = [...store.items.values()]
				.filter(({ lease }) => lease === null || lease.expiresAt <= now)
				.flatMap(({ item, requests }) => requests.map((waiting) => ({ item, waiting })))
				.filter(
					({ waiting: { request, touchedAt, sweptAt } }) =>
						request.status === "pending" &&
						touchedAt <= now - idleSeconds * 1000 &&
						(sweptAt === null || sweptAt <= now - againSeconds * 1000),
				)
				.sort((a, b) => touchedAt(a.waiting) - touchedAt(b.waiting))
				.filter(({ waiting: { request } }) => {
					if (!isEmbed(request)) return true;
					const count = (rebuildCounts.get(request.userId) ?? 0) + 1;
					rebuildCounts.set(request.userId, count);
					return count <= maxPerRebuild;
				});
			const turns = inTurns(idle, ({ item, waiting }) => ({ userId: item.userId, touchedAt: touchedAt(waiting) }));
			return turns.slice(0, limit).map(({ item, waiting }) => {
				waiting.sweptAt = now;
				return { request: structuredClone(waiting.request), correlationId: item.correlationId };
			});
		},
	};
}

const touchedAt = (waiting: StoredRequest) => Math.max(waiting.touchedAt, waiting.sweptAt ?? 0);
const isEmbed = ({ kind }: WorkRequest) => kind === "embed";
const isPending = ({ status }: WorkRequest) => status === "pending";
