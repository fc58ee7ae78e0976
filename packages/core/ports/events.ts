import type { EventSource, OutgoingEvent } from "../pipeline/events.ts";

export interface Events {
	/** @throws where any entry was refused; sending an event twice is harmless. */
	publish(source: EventSource, events: OutgoingEvent[]): Promise<void>;
}
