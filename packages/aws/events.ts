import { EventBridgeClient, PutEventsCommand, type PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import { EventsNotPublished } from "#core/errors.ts";
import { type EventType, eventSchemas, type OutgoingEvent } from "#core/pipeline/events.ts";
import type { EventSource } from "#core/pipeline/stages.ts";
import type { Events } from "#core/ports/index.ts";

/** PutEvents accepts at most ten entries. */
const entriesPerCall = 10;

/** Publishes events on the environment's own EventBridge bus. */
export function eventBridgeEvents(busName: string, client = new EventBridgeClient()): Events {
	async function putEvents(source: EventSource, entries: Entry[]): Promise<PutEventsResultEntry[]> {
		const { Entries = [] } = await client.send(
			new PutEventsCommand({
				Entries: entries.map(({ type, detail }) => ({
					EventBusName: busName,
					Source: source,
					DetailType: type,
					Detail: detail,
				})),
			}),
		);
		return Entries;
	}

	return {
		async publish(source, events) {
			const failures = new Map<string, unknown>();
			const fail = ({ id, type }: Pick<OutgoingEvent<EventType>, "id" | "type">, cause: unknown) =>
				failures.set(id, new Error(`${type} ${id} was not published on bus ${busName}.`, { cause }));
			const entries = events.flatMap(({ id, type, detail }): Entry[] => {
				const parsed = eventSchemas[type].safeParse(detail);
				if (parsed.success) return [{ id, type, detail: JSON.stringify(parsed.data) }];
				fail({ id, type }, parsed.error);
				return [];
			});
			for (let at = 0; at < entries.length; at += entriesPerCall) {
				const batch = entries.slice(at, at + entriesPerCall);
				try {
					const results = await putEvents(source, batch);
					for (const [index, entry] of batch.entries()) {
						const { EventId, ErrorCode, ErrorMessage } = results[index] ?? {};
						// The call succeeds even if every entry is refused.
						if (!EventId) fail(entry, new Error(`${ErrorCode}: ${ErrorMessage}`));
					}
				} catch (error) {
					for (const entry of batch) fail(entry, error);
				}
			}
			if (failures.size > 0) throw new EventsNotPublished(failures, events.length);
		},
	};
}

/** An event that fits its schema, as PutEvents takes it. */
interface Entry extends Pick<OutgoingEvent<EventType>, "id" | "type"> {
	detail: string;
}
