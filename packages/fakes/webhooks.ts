import { randomUUID } from "node:crypto";
import { AppError } from "#core/errors.ts";
import type { DueDelivery, Webhooks } from "#core/ports/index.ts";
import { maxFailingSeconds, maxWebhooks, type Webhook } from "#core/webhooks/webhook.ts";
import type { Store } from "./store.ts";

/** Webhooks in memory. Items announce nothing to them: that is a trigger of the database. */
export function fakeWebhooks(store: Store): Webhooks {
	const { webhooks, deliveries } = store;
	const ofUser = (userId: string) => [...webhooks.values()].filter((webhook) => webhook.userId === userId);
	const copyOf = ({ secret: _, failures: _failures, retryAt: _retryAt, ...webhook }: StoredWebhook): Webhook =>
		structuredClone(webhook);
	const due = (userId: string) =>
		[...deliveries.values()].filter(
			({ delivery, dueAt }) =>
				delivery.userId === userId &&
				dueAt <= store.now() &&
				(webhooks.get(delivery.webhookId)?.retryAt ?? Infinity) <= store.now(),
		);

	return {
		async create({ secret, ...webhook }) {
			if (ofUser(webhook.userId).length >= maxWebhooks) throw new AppError("too_many_webhooks", "There are too many.");
			const unused = { failingSince: null, disabledAt: null, lastAttemptAt: null, lastStatus: null, lastError: null };
			const made = { ...webhook, ...unused, createdAt: new Date(store.now()) };
			webhooks.set(webhook.id, { ...made, secret, failures: 0, retryAt: store.now() });
			return made;
		},
		async list(userId) {
			return ofUser(userId).map(copyOf).reverse();
		},
		async delete(userId, webhookId) {
			if (webhooks.get(webhookId)?.userId !== userId) return false;
			for (const [id, { delivery }] of deliveries) if (delivery.webhookId === webhookId) deliveries.delete(id);
			return webhooks.delete(webhookId);
		},
		async addTest(userId, webhookId) {
			const webhook = webhooks.get(webhookId);
			if (webhook?.userId !== userId) return null;
			webhook.retryAt = store.now();
			const id = randomUUID();
			const facts = { type: "webhook.test" as const, itemId: null, errorCode: null, attempts: 0 };
			deliveries.set(id, {
				delivery: { id, userId, webhookId, ...facts, createdAt: new Date(store.now()) },
				dueAt: store.now(),
			});
			return id;
		},
		async claimDue(userId, leaseSeconds): Promise<DueDelivery | null> {
			const [next] = due(userId);
			const webhook = next && webhooks.get(next.delivery.webhookId);
			if (!webhook) return null;
			next.dueAt = store.now() + leaseSeconds * 1_000;
			webhook.retryAt = next.dueAt;
			next.delivery.attempts += 1;
			return structuredClone({
				...next.delivery,
				url: webhook.url,
				secret: webhook.secret,
				failures: webhook.failures,
			});
		},
		async succeed({ id, webhookId }, status) {
			deliveries.delete(id);
			const webhook = webhooks.get(webhookId);
			if (!webhook) return;
			const at = new Date(store.now());
			const worked = { failingSince: null, disabledAt: null, lastAttemptAt: at, lastStatus: status, lastError: null };
			Object.assign(webhook, worked, { failures: 0, retryAt: store.now() });
		},
		async fail({ id, webhookId, type, createdAt }, { status, error }, retrySeconds) {
			const webhook = webhooks.get(webhookId);
			if (!webhook) return { isOff: true, switchedOff: false };
			const isOver = (since: Date | null) =>
				since !== null && store.now() - since.getTime() > maxFailingSeconds * 1_000;
			const at = new Date(store.now());
			const switchedOff = webhook.disabledAt === null && isOver(webhook.failingSince);
			webhook.failures += 1;
			webhook.failingSince ??= at;
			webhook.retryAt = store.now() + retrySeconds * 1_000;
			if (switchedOff) webhook.disabledAt = at;
			Object.assign(webhook, { lastAttemptAt: at, lastStatus: status, lastError: error });
			if (type === "webhook.test" || isOver(createdAt)) deliveries.delete(id);
			if (webhook.disabledAt) {
				for (const [each, { delivery }] of deliveries) if (delivery.webhookId === webhookId) deliveries.delete(each);
			}
			const stored = deliveries.get(id);
			if (stored) stored.dueAt = store.now();
			return { isOff: webhook.disabledAt !== null, switchedOff };
		},
		async isDue(userId) {
			return due(userId).length > 0;
		},
		async owed(olderThanSeconds, limit) {
			const users = new Set([...deliveries.values()].map(({ delivery }) => delivery.userId));
			const isOwed = (userId: string) =>
				due(userId).some(({ dueAt }) => dueAt <= store.now() - olderThanSeconds * 1_000);
			return [...users].filter(isOwed).slice(0, limit);
		},
	};
}

type StoredWebhook = Store["webhooks"] extends Map<string, infer Stored> ? Stored : never;
