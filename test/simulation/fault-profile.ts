import type { Fault } from "./faulty-ports.ts";
import type { Random } from "./random.ts";

/** Percentages of events and processes that fail; the seed determines which. */
export interface FaultProfile {
	seed: number;
	lost?: number;
	duplicated?: number;
	/** Messages come in any order. */
	reordered?: boolean;
	/** Processes that meet a random fault. */
	faults?: number;
	/** Messages handled at once. @default 1 */
	workers?: number;
}

const randomKinds = ["killed before", "killed after", "refused before", "answer lost after"] as const;

/** Draws the fault of a process, which meets it at one of its first nine calls. */
export function randomFault({ faults = 0 }: FaultProfile, chance: Random): Fault | null {
	if (!chance.percent(faults)) return null;
	const kind = randomKinds[chance.below(randomKinds.length)] ?? "killed before";
	return { kind, at: chance.below(9) };
}
