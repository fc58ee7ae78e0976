import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { eventSchemas } from "#core/pipeline/events.ts";
import type { Events } from "#core/ports/index.ts";

/** PutEvents accepts at most ten entries. */
const entriesPerCall = 10;

/** Publishes events on the environment's own EventBridge bus. */
export function eventBridgeEvents(busName: string): Events {
	const client = new EventBridgeClient();
	return {
		async publish(source, events) {
			for (let at = 0; at < events.length; at += entriesPerCall) {
				const sent = events.slice(at, at + entriesPerCall);
				const { Entries = [] } = await client.send(
					new PutEventsCommand({
						Entries: sent.map(({ type, detail }) => ({
							EventBusName: busName,
							Source: source,
							DetailType: type,
							Detail: JSON.stringify(eventSchemas[type].parse(detail)),
						})),
					}),
				);
				// The call succeeds even if every entry is refused.
				const refused = Entries.find(({ ErrorCode }) => ErrorCode);
				if (refused || Entries.length !== sent.length) {
					throw new Error(
						`EventBridge refused an event of bus ${busName}: ${refused?.ErrorCode} ${refused?.ErrorMessage}`,
					);
				}
			}
		},
	};
}
