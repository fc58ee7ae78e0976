import { AsyncLocalStorage } from "node:async_hooks";
import type { TokenUsage } from "#core/items/analysis.ts";
import type { Ports } from "#core/ports/index.ts";
import { log } from "./log.ts";

const collected = new AsyncLocalStorage<TokenUsage[]>();

/** Notes the tokens of a model's call for `recordTokenUsage`. A call outside of it is nobody's, and is not recorded. */
export function noteTokenUsage({ provider, model, inputTokens, outputTokens, costUsd }: TokenUsage): void {
	collected.getStore()?.push({ provider, model, inputTokens, outputTokens, costUsd });
}

/**
 * Does work for a person, and records afterwards which tokens its calls of models used, by one statement, also where the work
 * failed.
 * @param person is asked for once there is something to record; null where the work is nobody's
 */
export async function recordTokenUsage<T>(
	{ usage }: Pick<Ports, "usage">,
	person: () => string | null | undefined,
	work: () => Promise<T>,
): Promise<T> {
	const calls: TokenUsage[] = [];
	try {
		return await collected.run(calls, work);
	} finally {
		const userId = calls.length > 0 ? person() : null;
		// The work is done, and must not fail because its usage cannot be recorded.
		if (userId) await usage.record(userId, calls).catch((error) => log.warn("usage was not recorded", { error }));
	}
}
