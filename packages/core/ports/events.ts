import type { EventType, OutgoingEvent } from "../pipeline/events.ts";
import type { EventSource } from "../pipeline/stages.ts";

export interface Events {
	/**
	 * Publishes each event that can be, whatever is wrong with another. Publishing an event twice is harmless.
	 * @throws EventsNotPublished where some could not be
	 */
	publish(source: EventSource, events: OutgoingEvent<EventType>[]): Promise<void>;
}
