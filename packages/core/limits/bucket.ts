import { maxRequestMs } from "../api-timeout.ts";
import type { RateLimit } from "./limits.ts";

/** A user's bucket of one class. */
export interface Bucket {
	/** When the bucket is full again: GCRA's theoretical arrival time. All times are milliseconds since 1970. */
	fullAt: number;
	/** The slots of running requests: when each is free at the latest, by its number. */
	slots: Readonly<Record<number, number>>;
}

export const fullBucket: Bucket = { fullAt: 0, slots: {} };

/** The requests and slots that are left in a bucket. */
export interface Remaining {
	/** The requests that may come at once. */
	remaining: number;
	/** The seconds until there are more, at least 1. */
	secondsToNext: number;
	/** The slots that are free; null where the class has none. */
	freeSlots: number | null;
}

/** A running request's slot. */
export interface Slot {
	number: number;
	/** The slot is free then, whatever happened to its request. */
	ends: number;
}

/** A request for which there is no room. */
export type Refusal = { allowed: false; exceeded: "rate" | "parallel"; retryAfterSeconds: number } & Remaining;

/** The decision about one request. */
export type Taken = ({ allowed: true; slot: Slot | null } & Remaining) | Refusal;

export const minute = 60_000;
/** Exceeds the rounding error of a sum of many fractions of a millisecond. */
export const toleranceMs = 0.01;
/** The wait to propose where all slots are taken: most expensive requests end within it. */
const busySeconds = 5;

const burstOf = ({ perMinute, burst = perMinute }: RateLimit) => burst;

/** Returns the milliseconds in which a bucket gains the units of a request. A request of more units than a full bucket has needs a full one. */
export const costMs = (limit: RateLimit, units: number) => (Math.min(units, burstOf(limit)) * minute) / limit.perMinute;

/** Returns the milliseconds in which an empty bucket is full. */
export const fillMs = (limit: RateLimit) => costMs(limit, burstOf(limit));

/** Returns the requests and slots that are left in a bucket. */
export function remainingIn({ fullAt, slots }: Bucket, limit: RateLimit, now: number): Remaining {
	const unitMs = minute / limit.perMinute;
	const missingMs = Math.max(0, fullAt - now);
	const full = fillMs(limit);
	const remaining = Math.max(0, Math.floor((full - missingMs + toleranceMs) / unitMs));
	return {
		remaining,
		secondsToNext: Math.max(1, Math.ceil((missingMs - full + (remaining + 1) * unitMs - toleranceMs) / 1_000)),
		freeSlots: limit.parallel === null ? null : freeSlots(slots, limit.parallel, now).length,
	};
}

/**
 * Takes the units of a request from a bucket, and one of its free slots where the class has them.
 * @param choose picks one of the numbers of free slots: two requests that know the same bucket should differ
 */
export function takeFrom(
	bucket: Bucket,
	limit: RateLimit,
	units: number,
	now: number,
	choose: (free: number[]) => number | undefined = ([first]) => first,
): { taken: Taken; bucket: Bucket } {
	const fullAt = Math.max(bucket.fullAt, now) + costMs(limit, units);
	const tooEarlyMs = fullAt - now - fillMs(limit) - toleranceMs;
	if (tooEarlyMs > 0) {
		const retryAfterSeconds = Math.max(1, Math.ceil(tooEarlyMs / 1_000));
		const left = { ...remainingIn(bucket, limit, now), secondsToNext: retryAfterSeconds };
		return { taken: { allowed: false, exceeded: "rate", retryAfterSeconds, ...left }, bucket };
	}
	if (limit.parallel === null) {
		const next = { ...bucket, fullAt };
		return { taken: { allowed: true, slot: null, ...remainingIn(next, limit, now) }, bucket: next };
	}
	const number = choose(freeSlots(bucket.slots, limit.parallel, now));
	if (number === undefined) {
		const left = remainingIn(bucket, limit, now);
		return { taken: { allowed: false, exceeded: "parallel", retryAfterSeconds: busySeconds, ...left }, bucket };
	}
	const slot = { number, ends: now + maxRequestMs };
	const next = { fullAt, slots: { ...bucket.slots, [number]: slot.ends } };
	return { taken: { allowed: true, slot, ...remainingIn(next, limit, now) }, bucket: next };
}

function freeSlots(slots: Bucket["slots"], parallel: number, now: number): number[] {
	return Array.from({ length: parallel }, (_, number) => number).filter((number) => (slots[number] ?? 0) <= now);
}
