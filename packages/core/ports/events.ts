import type { OutgoingEvent } from "../pipeline/events.ts";
import type { EventSource } from "../pipeline/stages.ts";

export interface Events {
	/** @throws where any entry was refused; sending an event twice is harmless. */
	publish(source: EventSource, events: OutgoingEvent[]): Promise<void>;
}
