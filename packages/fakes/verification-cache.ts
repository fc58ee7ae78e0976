import type { Clock, VerificationCache } from "#core/ports/index.ts";
import { expiringEntries } from "./expiring-entries.ts";

/** A cache in memory, on the clock of a test. */
export const fakeVerificationCache = (clock: Clock): VerificationCache => expiringEntries<string>(clock);
