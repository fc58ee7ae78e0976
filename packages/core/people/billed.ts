import type { Billed } from "../ports/index.ts";

/** Adds up billed calls. */
export const sumOfBilled = (rows: readonly Billed[]): Billed =>
	rows.reduce<Billed>(
		(sum, each) => ({
			calls: sum.calls + each.calls,
			inputTokens: sum.inputTokens + each.inputTokens,
			outputTokens: sum.outputTokens + each.outputTokens,
			costUsd: sum.costUsd + each.costUsd,
			unpricedCalls: sum.unpricedCalls + each.unpricedCalls,
		}),
		{ calls: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpricedCalls: 0 },
	);
