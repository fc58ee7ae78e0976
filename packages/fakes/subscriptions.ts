import { tierOf } from "#core/limits/tiers.ts";
import type { Subscriptions } from "#core/ports/index.ts";
import type { Store } from "./store.ts";

export function fakeSubscriptions({ payers, subscriptions, deletedAccounts }: Store): Subscriptions {
	return {
		async link(customerId, userId, toldAt) {
			const known = payers.get(customerId);
			if (deletedAccounts.has(userId) || (known && known.toldAt > toldAt)) return;
			payers.set(customerId, { userId, toldAt });
		},
		async record(subscription, toldAt) {
			const known = subscriptions.get(subscription.id);
			if (known && (known.hasEnded || known.toldAt > toldAt)) return;
			subscriptions.set(subscription.id, { ...subscription, toldAt });
		},
		async payer(customerId) {
			const userId = payers.get(customerId)?.userId;
			if (userId === undefined) return null;
			const paid = [...subscriptions.values()].filter((each) => payers.get(each.customerId)?.userId === userId);
			return { userId, tier: tierOf(paid.map(({ tier }) => tier)) };
		},
	};
}
