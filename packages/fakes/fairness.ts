import {
	activeSeconds,
	busySeconds,
	deferralsPerSecond,
	maxDeferSeconds,
	minDeferSeconds,
	pauseSeconds,
	receivableSeconds,
	servedSeconds,
} from "#core/pipeline/fairness.ts";
import { type StageName, stages } from "#core/pipeline/stages.ts";
import { stageOf } from "#core/pipeline/work-request.ts";
import type { Claim, Deferral, Fairness } from "#core/ports/index.ts";
import { ownedItems, type RecentClaim, type Store, type StoredItem } from "./store.ts";

/** Counts the person's leases of the stage that have not expired. */
export function heldLeases(store: Store, userId: string, stage: StageName, now = store.now()): number {
	return ownedItems(store, userId).filter(({ lease }) => lease?.stage === stage && lease.expiresAt > now).length;
}

/** Remembers that the stage serves the person now, with work that has waited since a time. */
export function recordClaim(store: Store, userId: string, stage: StageName, waitingSince: number): void {
	const now = store.now();
	const before = recentClaim(store, userId, stage);
	const waiting = ownedItems(store, userId).flatMap((stored) => waitsFor(stored, stage)).length;
	const goesOn =
		before &&
		(waitingSince <= before.claimedAt ||
			heldLeases(store, userId, stage, now) > 0 ||
			(waiting > 1 && before.claimedAt > now - pauseSeconds * 1000));
	store.recentClaims.set(`${stage} ${userId}`, {
		userId,
		stage,
		busySince: goesOn ? before.busySince : now,
		claimedAt: now,
	});
}

/** Puts off a person's work where other people come first; null where it may be claimed. */
export function deferral(
	store: Store,
	userId: string,
	stage: StageName,
	fairness: Fairness | undefined,
	waitedSeconds: number,
): (Claim & { outcome: "deferred" }) | null {
	const now = store.now();
	const reason = fairness && reasonToDefer(store, userId, stage, fairness, now);
	if (!reason) return null;
	const waiting = ownedItems(store, userId).flatMap((stored) => waitsFor(stored, stage)).length;
	const wait = Math.max(fairness.grouped ? minDeferSeconds : 0, Math.floor(waiting / deferralsPerSecond));
	const held = heldLeases(store, userId, stage, now);
	return { outcome: "deferred", reason, held, waitedSeconds, seconds: Math.min(wait, maxDeferSeconds) };
}

function reasonToDefer(
	store: Store,
	userId: string,
	stage: StageName,
	{ fairShare, grouped }: Fairness,
	now: number,
): Deferral["reason"] | null {
	const items = [...store.items.values()];
	const leased = items.filter(({ lease }) => lease?.stage === stage && lease.expiresAt > now);
	const held = Map.groupBy(leased, ({ item }) => item.userId);
	const heldBy = (person: string) => held.get(person)?.length ?? 0;
	const claimOf = (person: string) => recentClaim(store, person, stage);
	const isWithin = (seconds: number, time: number) => time > now - seconds * 1000;
	const isBusy = (person: string) => !isWithin(busySeconds, claimOf(person)?.busySince ?? now);
	const isAtShare = (person: string) => heldBy(person) >= fairShare && isBusy(person);
	const others = items
		.filter(({ item }) => item.userId !== userId)
		.flatMap((stored) => waitsFor(stored, stage).map((since) => ({ person: stored.item.userId, since })));
	const isActive = (claim: RecentClaim) => claim.userId !== userId && isWithin(activeSeconds, claim.claimedAt);
	if (!grouped && heldBy(userId) >= fairShare) return "fair_share";
	if (isAtShare(userId) && (others.length > 0 || [...store.recentClaims.values()].some(isActive))) return "fair_share";

	const lastClaim = claimOf(userId)?.claimedAt ?? 0;
	const servedAt = isBusy(userId) && isWithin(servedSeconds, lastClaim) ? lastClaim : 0;
	const comesFirst = (person: string) => {
		const theirs = claimOf(person)?.claimedAt ?? 0;
		return heldBy(person) < heldBy(userId) || (heldBy(person) === heldBy(userId) && theirs < servedAt);
	};
	const patienceMs = isBusy(userId) ? minDeferSeconds * 1000 : 0;
	const isReceivable = (since: number) => since <= now + patienceMs && isWithin(receivableSeconds, since);
	return others.some(({ person, since }) => isReceivable(since) && comesFirst(person) && !isAtShare(person))
		? "order"
		: null;
}

/** Lists since when, or from when on, work with the item can be received that waits and that no claim has taken up. */
function waitsFor(stored: StoredItem, stage: StageName): number[] {
	const { item, attempts, stageAt, arrivedAt, deferredUntil, sweptAt, requests } = stored;
	const from: readonly string[] = stages[stage].from;
	const isWaiting = from.includes(item.status) && attempts === 0 && (item.status !== "pending" || arrivedAt !== null);
	const waiting = requests.filter(
		({ request: { status, kind }, attempts, sweptAt }) =>
			status === "pending" && stageOf[kind] === stage && attempts === 0 && (kind !== "embed" || sweptAt !== null),
	);
	return [
		...(isWaiting ? [Math.max(stageAt, arrivedAt ?? 0, deferredUntil ?? 0, sweptAt ?? 0)] : []),
		...waiting.map((each) => Math.max(each.touchedAt, each.deferredUntil ?? 0, each.sweptAt ?? 0)),
	];
}

const recentClaim = (store: Store, userId: string, stage: StageName) => store.recentClaims.get(`${stage} ${userId}`);
