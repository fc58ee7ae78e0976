import type { Clock, QueryVectors } from "#core/ports/index.ts";
import { expiringEntries } from "./expiring-entries.ts";

/** Vectors in memory, on the clock of a test. */
export function fakeQueryVectors(clock: Clock): QueryVectors {
	const { find, keep } = expiringEntries<Float32Array>(clock);
	return { find, keep };
}
