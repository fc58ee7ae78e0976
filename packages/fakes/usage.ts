import { unknownCursor } from "#core/errors.ts";
import { sumOfBilled } from "#core/people/billed.ts";
import type { Usage } from "#core/ports/index.ts";
import { ownedItems, type Store } from "./store.ts";

export function fakeUsage(store: Store): Usage {
	return {
		async record(userId, calls) {
			if (store.deletedAccounts.has(userId)) return;
			const day = new Date(store.now()).toISOString().slice(0, 10);
			for (const { provider, model, inputTokens, outputTokens, costUsd } of calls) {
				const key = JSON.stringify([userId, day, provider, model]);
				const none = { calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0 };
				const row = store.usage.get(key) ?? { userId, day, provider, model, ...none };
				store.usage.set(key, {
					...row,
					calls: row.calls + 1,
					inputTokens: row.inputTokens + inputTokens,
					outputTokens: row.outputTokens + outputTokens,
					costUsd: row.costUsd + (costUsd ?? 0),
					unpricedCalls: row.unpricedCalls + (costUsd === null ? 1 : 0),
				});
			}
		},
		async days(userId, { from, to }) {
			const key = ({ provider, model }: { provider: string; model: string }) => `${provider} ${model}`;
			return [...store.usage.values()]
				.filter((row) => row.userId === userId && row.day >= from && row.day <= to)
				.sort((a, b) => b.day.localeCompare(a.day) || (key(a) < key(b) ? -1 : 1))
				.map(({ userId: _, ...row }) => row);
		},
		async everybody({ from, to }) {
			const days = Map.groupBy(rowsIn(store, from, to), ({ day }) => day);
			return [...days]
				.map(([day, rows]) => ({ day, people: new Set(rows.map(({ userId }) => userId)).size, ...sumOfBilled(rows) }))
				.sort((a, b) => b.day.localeCompare(a.day));
		},
		async people({ from, to }, { limit, cursor }) {
			const people = [...Map.groupBy(rowsIn(store, from, to), ({ userId }) => userId)]
				.map(([userId, rows]) => ({ userId, ...sumOfBilled(rows) }))
				.sort((a, b) => b.costUsd - a.costUsd || b.calls - a.calls || (a.userId < b.userId ? 1 : -1));
			const start = cursor === undefined ? 0 : people.findIndex(({ userId }) => userId === cursor) + 1;
			if (cursor !== undefined && start === 0) throw unknownCursor();
			const page = people.slice(start, start + limit);
			return { people: page, nextCursor: start + limit < people.length ? (page.at(-1)?.userId ?? null) : null };
		},
		async stored(userId) {
			const stored = ownedItems(store, userId).filter(({ item }) => item.status !== "pending");
			return { items: stored.length, bytes: stored.reduce((sum, { item }) => sum + item.fileSize, 0) };
		},
	};
}

const rowsIn = ({ usage }: Store, from: string, to: string) =>
	[...usage.values()].filter(({ day }) => day >= from && day <= to);
