import { type StageName, stages } from "#core/pipeline/stages.ts";
import { stageOf } from "#core/pipeline/work-request.ts";
import type { Share } from "#core/ports/index.ts";
import { ownedItems, type Store, type StoredItem } from "./store.ts";

/** Counts the person's leases of the stage that have not expired. */
export function heldLeases(store: Store, userId: string, stage: StageName): number {
	const now = store.now();
	return ownedItems(store, userId).filter(({ lease }) => lease?.stage === stage && lease.expiresAt > now).length;
}

/** Tells whether work of another person waits for the stage that no claim has taken up. */
export function othersWait(store: Store, userId: string, stage: StageName): boolean {
	return [...store.items.values()].some((stored) => stored.item.userId !== userId && isUnclaimed(stored, stage));
}

/** Tells whether the share keeps the person from another lease of the stage. */
export function reachesShare(store: Store, userId: string, stage: StageName, share: Share | undefined): boolean {
	if (!share || heldLeases(store, userId, stage) < share.max) return false;
	return share.always || othersWait(store, userId, stage);
}

function isUnclaimed({ item, attempts, arrivedAt, requests }: StoredItem, stage: StageName): boolean {
	const from: readonly string[] = stages[stage].from;
	if (from.includes(item.status) && attempts === 0 && (item.status !== "pending" || arrivedAt !== null)) return true;
	return requests.some(
		({ request: { status, kind }, attempts, sweptAt }) =>
			status === "pending" && stageOf[kind] === stage && attempts === 0 && (kind !== "embed" || sweptAt !== null),
	);
}
