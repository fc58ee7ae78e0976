import type { Redactions } from "#core/ports/index.ts";
import type { Store } from "./store.ts";

export function fakeRedactions({ redactions, now }: Pick<Store, "redactions" | "now">): Redactions {
	return {
		async isPending(userId) {
			return [...redactions.values()].some((redaction) => redaction.userId === userId);
		},
		async claimDue({ againSeconds, limit }) {
			const due = [...redactions.values()].filter(({ dueAt }) => dueAt <= now()).sort((a, b) => a.dueAt - b.dueAt);
			const claimed = [...Map.groupBy(due, ({ userId }) => userId)].slice(0, limit);
			return claimed.map(([userId, ofUser]) => {
				for (const redaction of ofUser) redaction.dueAt = now() + againSeconds * 1_000;
				return { userId, itemIds: ofUser.map(({ itemId }) => itemId) };
			});
		},
		async finish(userId, itemIds) {
			for (const itemId of itemIds) {
				if (redactions.get(itemId)?.userId === userId) redactions.delete(itemId);
			}
		},
	};
}
