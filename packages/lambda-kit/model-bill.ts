import { AsyncLocalStorage } from "node:async_hooks";
import type { TokenUsage } from "#core/items/analysis.ts";
import type { Ports } from "#core/ports/index.ts";
import { log } from "./log.ts";

const bills = new AsyncLocalStorage<TokenUsage[]>();

/** Puts a call of a model on the bill of the work that it is a part of. A call outside of any is of nobody. */
export function bill({ provider, model, inputTokens, outputTokens, costUsd }: TokenUsage): void {
	bills.getStore()?.push({ provider, model, inputTokens, outputTokens, costUsd });
}

/**
 * Does work for a person, and records afterwards what models billed for it, by one statement, also where the work failed.
 * @param person is asked for once there is something to record; null where the work is nobody's
 */
export async function recordingBill<T>(
	{ usage }: Pick<Ports, "usage">,
	person: () => string | null | undefined,
	work: () => Promise<T>,
): Promise<T> {
	const calls: TokenUsage[] = [];
	try {
		return await bills.run(calls, work);
	} finally {
		const userId = calls.length > 0 ? person() : null;
		// The work is done, and must not fail by its bill.
		if (userId) await usage.record(userId, calls).catch((error) => log.warn("usage was not recorded", { error }));
	}
}
