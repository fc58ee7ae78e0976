import type { DeletedAccounts } from "#core/ports/index.ts";
import type { Store } from "./store.ts";

const firstLookMs = 60_000;

export function fakeDeletedAccounts(store: Store): DeletedAccounts {
	const { deletedAccounts: accounts } = store;
	return {
		async mark(userId) {
			if (accounts.has(userId)) return false;
			const now = store.now();
			accounts.set(userId, { deletedAt: now, emptiedAt: null, dueAt: now + firstLookMs });
			return true;
		},
		async isDeleted(userId) {
			return accounts.has(userId);
		},
		async isEmptied(userId) {
			return (accounts.get(userId)?.emptiedAt ?? null) !== null;
		},
		async deleteRows(userId) {
			const rows: Map<string, object>[] = [
				store.tombstones,
				store.redactions,
				store.recentClaims,
				store.shares,
				store.usage,
				store.webhooks,
				store.verifications,
				store.payers,
			];
			for (const [id, { customerId }] of store.subscriptions) {
				if (store.payers.get(customerId)?.userId === userId) store.subscriptions.delete(id);
			}
			for (const table of rows) {
				for (const [key, row] of table) if ("userId" in row && row.userId === userId) table.delete(key);
			}
			for (const [id, { item }] of store.items) if (item.userId === userId) store.items.delete(id);
			store.profiles.delete(userId);
			return false;
		},
		async markEmptied(userId) {
			const account = accounts.get(userId);
			if (account) account.emptiedAt ??= store.now();
		},
		async claimDue({ againSeconds, limit }) {
			const due = [...accounts].filter(([, { dueAt }]) => dueAt <= store.now());
			return due.slice(0, limit).map(([userId, account]) => {
				account.dueAt = store.now() + againSeconds * 1_000;
				return { userId, deletedAt: new Date(account.deletedAt) };
			});
		},
		async finish(userId) {
			accounts.delete(userId);
		},
	};
}
