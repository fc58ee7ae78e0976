import { randomUUID } from "node:crypto";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventBridgeEvents } from "#aws/events.ts";
import { type Apis, startApis } from "#cdk-local/testing/index.ts";
import type { OutgoingEvent } from "#core/pipeline/events.ts";
import type { Events } from "#core/ports/index.ts";
import { fakePorts } from "#fakes/ports.ts";

const source = "collections.analyzer";
const newEvents = (count: number) => Array.from({ length: count }, newEvent);

function newEvent(): OutgoingEvent {
	const [id, user_id, analysis_id] = [randomUUID(), randomUUID(), randomUUID()];
	return {
		id,
		type: "AnalysisComplete",
		detail: { version: 1, correlation_id: "c", item_id: id, user_id, analysis_id },
	};
}

/** Makes an event that an older version left, say. */
function withoutUser(): OutgoingEvent {
	const event = newEvent();
	return { ...event, detail: { ...event.detail, user_id: "" } };
}

const idsOf = (events: OutgoingEvent[]) => events.map(({ detail }) => detail.item_id);

describe("events in memory", () => {
	const { events } = fakePorts();
	eventsContract(
		() => events,
		() => events.published.map(({ detail }) => detail.item_id),
	);
});

describe("events on EventBridge", () => {
	const [bus, queue] = ["pictures", "sent"];
	let apis: Apis;
	beforeAll(async () => {
		apis = await startApis();
		apis.buses.ensureBus(bus);
		const { arn } = apis.queues.ensure(queue, { visibilitySeconds: 30, retentionSeconds: 3_600 });
		apis.buses.putRule({ name: "all", bus, pattern: { source: [source] }, targets: [{ id: "queue", arn }] });
	});
	afterAll(() => apis.destroy());

	const published = () => {
		const ids: string[] = [];
		const arn = apis.state.arn("sqs", queue);
		for (let page = apis.queues.receive(arn, 10); page.length > 0; page = apis.queues.receive(arn, 10)) {
			for (const { body, receiptHandle } of page) {
				ids.push(JSON.parse(body).detail.item_id);
				apis.queues.delete(arn, receiptHandle);
			}
		}
		return ids;
	};
	const client = () => new EventBridgeClient(apis.client);
	eventsContract(() => eventBridgeEvents(bus, client()), published);

	/** Changes what is sent in the nth call. */
	function changing(nth: number, change: (input: { Entries: { DetailType: string }[] }) => void) {
		const changed = client();
		let calls = 0;
		changed.middlewareStack.add(
			(next) => (args) => {
				calls += 1;
				if (calls === nth) change(args.input as Parameters<typeof change>[0]);
				return next(args);
			},
			{ step: "initialize" },
		);
		return changed;
	}

	it("are published where the bus refuses another", async () => {
		const events = newEvents(3);
		const refusing = changing(1, ({ Entries: [, second] }) => {
			if (second) second.DetailType = "";
		});
		const publishing = eventBridgeEvents(bus, refusing).publish(source, events);
		await expect(publishing).rejects.toMatchObject({
			name: "EventsNotPublished",
			ids: new Set([events[1]?.id]),
			errors: [{ cause: { message: expect.stringContaining("InvalidArgument") } }],
		});
		expect(published()).toEqual(idsOf([events[0], events[2]] as OutgoingEvent[]));
	});

	it("are published where the call with ten others fails", async () => {
		const events = newEvents(21);
		const failing = changing(2, () => {
			throw new Error("The connection was reset.");
		});
		const publishing = eventBridgeEvents(bus, failing).publish(source, events);
		await expect(publishing).rejects.toMatchObject({ ids: new Set(events.slice(10, 20).map(({ id }) => id)) });
		expect(published()).toEqual(idsOf([...events.slice(0, 10), ...events.slice(20)]));
	});
});

/** @param published returns the items of the published events */
function eventsContract(get: () => Events, published: () => string[]): void {
	it("are published where another does not fit its schema, whatever their number", async () => {
		const [before, after, broken] = [newEvents(9), newEvents(4), withoutUser()];
		const publishing = get().publish(source, [...before, broken, ...after]);
		await expect(publishing).rejects.toMatchObject({ name: "EventsNotPublished", ids: new Set([broken.id]) });
		expect(published()).toEqual(idsOf([...before, ...after]));
	});
}
