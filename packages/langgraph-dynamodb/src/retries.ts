import { setTimeout as sleep } from "node:timers/promises";
import {
	ConditionalCheckFailedException,
	TransactionCanceledException,
	TransactionConflictException,
} from "@aws-sdk/client-dynamodb";

export const maxAttempts = 8;

/** Waits before another attempt: longer each time, with jitter so that two writers do not keep pace. */
export async function backOff(attempt: number): Promise<void> {
	if (attempt > 0) await sleep(Math.random() * Math.min(1_000, 25 * 2 ** attempt));
}

/** Retries on TransactionConflict, which the SDK does not retry: a transaction holds its items for a moment only. */
export async function retryConflicts<Result>(send: () => Promise<Result>): Promise<Result> {
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await send();
		} catch (error) {
			if (!isConflict(error) || isConditionFailure(error) || attempt === maxAttempts) {
				throw error;
			}
			await backOff(attempt);
		}
	}
}

/** @returns undefined if the write's condition failed */
export async function unlessConditionFails<Result>(write: Promise<Result>): Promise<Result | undefined> {
	try {
		return await write;
	} catch (error) {
		if (isConditionFailure(error)) return undefined;
		throw error;
	}
}

const isConflict = (error: unknown) =>
	error instanceof TransactionConflictException || cancellationReasons(error).includes("TransactionConflict");

const isConditionFailure = (error: unknown) =>
	error instanceof ConditionalCheckFailedException || cancellationReasons(error).includes("ConditionalCheckFailed");

/** One reason for each write of a cancelled transaction. */
const cancellationReasons = (error: unknown) =>
	(error instanceof TransactionCanceledException && error.CancellationReasons?.map(({ Code }) => Code)) || [];
