import type { OutgoingEvent } from "../pipeline/events.ts";

/** Events that were committed with their results and are not yet known to be sent. */
export interface Outbox {
	/**
	 * Returns one item's events, for a stage after its commit; or the older ones of all items, for the sweeper, in turns
	 * as `Stages.claimStalled`.
	 */
	unsent(
		filter: { userId: string; itemId: string } | { olderThanSeconds: number; limit: number },
	): Promise<OutgoingEvent[]>;
	markSent(ids: string[]): Promise<void>;
}
