import type { OutgoingEvent } from "../pipeline/events.ts";
import type { EventSource } from "../pipeline/stages.ts";

export interface Events {
	/** Sending an event twice is harmless. @throws where any entry was refused */
	publish(source: EventSource, events: OutgoingEvent[]): Promise<void>;
}
