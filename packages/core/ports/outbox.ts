import type { OutgoingEvent } from "../pipeline/events.ts";

/** Events committed with their results and not yet known to be sent. */
export interface Outbox {
	/** Of one item at once after its commit; or, for the sweeper, of all items when older than `olderThanSeconds`. */
	unsent(
		of:
			| { userId: string; itemId: string }
			| { olderThanSeconds: number; limit: number },
	): Promise<OutgoingEvent[]>;
	markSent(ids: string[]): Promise<void>;
}
