import type { Requests } from "#core/ports.ts";
import { requestEvent, type WorkRequest } from "#core/work-request.ts";
import { announce, owned, type Store } from "./store.ts";

export function fakeRequests(store: Store): Requests {
	return {
		async create(wanted) {
			const { userId, itemId, kind, provider, model } = wanted;
			const stored = owned(store, userId, itemId);
			if (!stored) return null;
			const same = stored.requests.find(
				({ request }) =>
					request.status === "pending" &&
					request.kind === kind &&
					request.provider === provider &&
					request.model === model,
			);
			if (same) return structuredClone(same.request);
			const now = store.now();
			const request: WorkRequest = {
				...wanted,
				status: "pending",
				error: null,
				analysisId: null,
				createdAt: new Date(now),
				finishedAt: null,
			};
			stored.requests.push({
				request,
				attempts: 0,
				touchedAt: now,
				sweptAt: null,
			});
			announce(stored, requestEvent(request, stored.item.correlationId), now);
			return structuredClone(request);
		},

		async find(userId, itemId, requestId) {
			const found = owned(store, userId, itemId)?.requests.find(
				({ request }) => request.id === requestId,
			);
			return structuredClone(found?.request ?? null);
		},

		async takeIdle({ idleSeconds, againSeconds, limit }) {
			const now = store.now();
			const idle = [...store.items.values()]
				.filter(({ lease }) => lease === null || lease.expiresAt <= now)
				.flatMap(({ item, requests }) =>
					requests.map((waiting) => ({ item, waiting })),
				)
				.filter(
					({ waiting: { request, touchedAt, sweptAt } }) =>
						request.status === "pending" &&
						touchedAt <= now - idleSeconds * 1000 &&
						(sweptAt === null || sweptAt <= now - againSeconds * 1000),
				)
				.sort((one, other) => one.waiting.touchedAt - other.waiting.touchedAt)
				.slice(0, limit);
			return idle.map(({ item, waiting }) => {
				waiting.sweptAt = now;
				return {
					request: structuredClone(waiting.request),
					correlationId: item.correlationId,
				};
			});
		},
	};
}
