import { EventsNotPublished } from "../errors.ts";
import { Failures } from "../failures.ts";
import type { Ports } from "../ports/index.ts";
import type { EventType, OutgoingEvent } from "./events.ts";
import { announcedBy, type EventSource } from "./stages.ts";

/**
 * Sends committed events. Sending one twice is harmless: its receiver claims the item first.
 * @throws AggregateError where some stay in the outbox; all others are sent
 */
export async function sendOutbox(
	ports: Pick<Ports, "outbox" | "events">,
	filter: Parameters<Ports["outbox"]["unsent"]>[0],
): Promise<void> {
	const failures = new Failures();
	await sendUnsent(ports, filter, failures);
	failures.throwIfAny("Some committed events were not sent.");
}

/** Sends the committed events that can be sent. @returns the number of those */
export async function sendUnsent(
	{ outbox, events }: Pick<Ports, "outbox" | "events">,
	filter: Parameters<Ports["outbox"]["unsent"]>[0],
	failures: Failures,
): Promise<number> {
	const bySource = Map.groupBy(await outbox.unsent(filter), ({ type }) => announcedBy[type]);
	const sent: OutgoingEvent[] = [];
	for (const [source, announced] of bySource) sent.push(...(await publishEach(events, source, announced, failures)));
	if (sent.length > 0) await outbox.markSent(sent.map(({ id }) => id));
	return sent.length;
}

/** Publishes the events that can be published. @returns those */
export async function publishEach<Event extends OutgoingEvent<EventType>>(
	events: Ports["events"],
	source: EventSource,
	outgoing: Event[],
	failures: Failures,
): Promise<Event[]> {
	if (outgoing.length === 0) return [];
	try {
		await events.publish(source, outgoing);
		return outgoing;
	} catch (error) {
		failures.errors.push(error);
		return error instanceof EventsNotPublished ? outgoing.filter(({ id }) => !error.ids.has(id)) : [];
	}
}
