import {
	DescribeRuleCommand,
	DisableRuleCommand,
	EnableRuleCommand,
	EventBridgeClient,
	PutEventsCommand,
	type PutEventsRequestEntry,
	PutRuleCommand,
	TestEventPatternCommand,
} from "@aws-sdk/client-eventbridge";
import { describe, expect, test } from "vitest";
import { eventPattern } from "../../services/eventbridge/pattern.ts";
import { region, useApis } from "./apis.ts";

const bus = "pictures";
const apis = await useApis();
const eventBridge = new EventBridgeClient(apis.client);
const settings = { visibilitySeconds: 30, retentionSeconds: 345_600 };
const stage = apis.queues.ensure("stage", settings).arn;
const dead = apis.queues.ensure("dead", settings).arn;
apis.buses.ensureBus(bus);
apis.buses.putRule({
	name: "processed",
	bus,
	pattern: { source: ["app.processor"], "detail-type": ["Processed"] },
	targets: [{ id: "stage", arn: stage }],
});
apis.buses.putRule({
	name: "undeliverable",
	bus,
	pattern: { source: ["app.lost"] },
	targets: [
		{ id: "gone", arn: apis.state.arn("sqs", "gone"), deadLetterArn: dead },
		{ id: "stage", arn: stage, input: '{"constant":true}' },
	],
});

const putEvents = (...Entries: PutEventsRequestEntry[]) => eventBridge.send(new PutEventsCommand({ Entries }));
const event = (extra: Partial<PutEventsRequestEntry> = {}): PutEventsRequestEntry => ({
	EventBusName: bus,
	Source: "app.processor",
	DetailType: "Processed",
	Detail: '{"item":1}',
	...extra,
});
const arrived = (arn: string) =>
	apis.queues.receive(arn, 10).map((message) => {
		apis.queues.delete(arn, message.receiptHandle);
		return JSON.parse(message.body);
	});

test("an event reaches the targets of matching rules in EventBridge's format", async () => {
	const Time = new Date("2026-11-20T10:00:00Z");
	const { FailedEntryCount, Entries } = await putEvents(
		event({ Time, Resources: ["arn:aws:s3:::x"] }),
		event({ DetailType: "Other" }),
		event({ EventBusName: "default" }),
	);
	expect(FailedEntryCount).toBe(0);
	expect(arrived(stage)).toEqual([
		{
			version: "0",
			id: Entries?.[0]?.EventId,
			"detail-type": "Processed",
			source: "app.processor",
			account: "000000000000",
			time: "2026-11-20T10:00:00Z",
			region,
			resources: ["arn:aws:s3:::x"],
			detail: { item: 1 },
		},
	]);
});

test("a bus can be named by its ARN", async () => {
	await putEvents(event({ EventBusName: apis.state.arn("events", `event-bus/${bus}`) }));
	expect(arrived(stage)).toHaveLength(1);
});

test("a rule that is disabled delivers nothing until it is enabled", async () => {
	const rule = { Name: "processed", EventBusName: bus };
	const described = () => eventBridge.send(new DescribeRuleCommand(rule));
	expect(await described()).toMatchObject({
		Name: "processed",
		Arn: apis.state.arn("events", `rule/${bus}/processed`),
		EventPattern: '{"source":["app.processor"],"detail-type":["Processed"]}',
		State: "ENABLED",
	});
	await eventBridge.send(new DisableRuleCommand(rule));
	expect((await described()).State).toBe("DISABLED");
	await putEvents(event());
	expect(arrived(stage)).toEqual([]);
	await eventBridge.send(new EnableRuleCommand(rule));
	await putEvents(event());
	expect(arrived(stage)).toHaveLength(1);
	await expect(eventBridge.send(new DisableRuleCommand({ Name: "missing" }))).rejects.toMatchObject({
		name: "ResourceNotFoundException",
	});
	const client = {
		...apis.client,
		credentials: apis.keysOf("reader", { Effect: "Allow", Action: "events:DescribeRule", Resource: "*" }),
	};
	await expect(new EventBridgeClient(client).send(new DisableRuleCommand(rule))).rejects.toMatchObject({
		name: "AccessDeniedException",
	});
});

test("each invalid entry is refused on its own", async () => {
	const { FailedEntryCount, Entries } = await putEvents(
		event(),
		event({ Detail: "[1]" }),
		event({ Detail: "{" }),
		event({ Source: undefined }),
		event({ Source: "aws.s3" }),
		event({ EventBusName: "missing" }),
	);
	expect(FailedEntryCount).toBe(5);
	expect(Entries?.map((entry) => entry.ErrorCode)).toEqual([
		undefined,
		"MalformedDetail",
		"MalformedDetail",
		"InvalidArgument",
		"NotAuthorizedForSourceException",
		"ResourceNotFoundException",
	]);
	expect(arrived(stage)).toHaveLength(1);
});

test("a request with more than ten entries or 256 KB is refused", async () => {
	await expect(putEvents(...Array(11).fill(event()))).rejects.toThrow();
	await expect(putEvents(event({ Detail: JSON.stringify({ x: "y".repeat(262_144) }) }))).rejects.toThrow(
		/over the limit/,
	);
	expect(arrived(stage)).toEqual([]);
});

test("an event that a target refuses goes to the dead-letter queue, and other targets get it", async () => {
	await putEvents(event({ Source: "app.lost" }));
	expect(arrived(dead)).toMatchObject([{ source: "app.lost" }]);
	expect(arrived(stage)).toEqual([{ constant: true }]);
});

test("a message has the group that its target names, or that a field of the event names", async () => {
	const target = (messageGroup: string) => ({ id: messageGroup, arn: stage, messageGroup });
	apis.buses.putRule({
		name: "grouped",
		bus,
		pattern: { source: ["app.groups"] },
		targets: [target("$.detail.user_id"), target("constant")],
	});
	await putEvents(event({ Source: "app.groups", Detail: '{"user_id":"ada"}' }), event({ Source: "app.groups" }));
	const groups = apis.queues.receive(stage, 10).map(({ messageGroup }) => messageGroup);
	expect(groups.sort()).toEqual(["ada", "constant", "constant", null]);
	expect(() =>
		apis.buses.putRule({ name: "filter", bus, pattern: { source: ["x"] }, targets: [target("$.detail[?(@.id)]")] }),
	).toThrow(/reads a MessageGroupId such as/);
});

test("an unknown operation is refused by name", async () => {
	await expect(eventBridge.send(new PutRuleCommand({ Name: "x" }))).rejects.toThrow(/PutRule is not implemented/);
});

test("TestEventPattern tests a pattern", async () => {
	const { Result } = await eventBridge.send(
		new TestEventPatternCommand({ EventPattern: '{"source":["a"]}', Event: '{"source":"a"}' }),
	);
	expect(Result).toBe(true);
});

describe("a pattern", () => {
	const object = {
		source: "aws.s3",
		detail: {
			bucket: { name: "pictures" },
			object: { key: "originals/u/a.PNG", size: 500 },
			tags: ["red", "blue"],
			parts: [
				{ name: "a", size: 1 },
				{ name: "b", size: 2 },
			],
			empty: null,
			ok: true,
		},
	};
	const key = (matcher: unknown) => ({ detail: { object: { key: [matcher] } } });
	const size = (...numeric: unknown[]) => ({ detail: { object: { size: [{ numeric }] } } });

	test.each<[string, unknown, boolean]>([
		["a value", { source: ["aws.s3"] }, true],
		["any of several", { source: ["x", "aws.s3"] }, true],
		["another value", { source: ["aws"] }, false],
		["a number", { detail: { object: { size: [500] } } }, true],
		["a number as text", { detail: { object: { size: ["500"] } } }, false],
		["null", { detail: { empty: [null] } }, true],
		["true", { detail: { ok: [true] } }, true],
		["all fields", { source: ["aws.s3"], detail: { ok: [false] } }, false],
		["one element of a list", { detail: { tags: ["blue"] } }, true],
		["no element of a list", { detail: { tags: ["green"] } }, false],
		["one object of a list", { detail: { parts: { name: ["b"], size: [2] } } }, true],
		["parts of two objects", { detail: { parts: { name: ["b"], size: [1] } } }, false],
		["a prefix", key({ prefix: "originals/" }), true],
		["another prefix", key({ prefix: "derived/" }), false],
		["a prefix in any case", key({ prefix: { "equals-ignore-case": "ORIGINALS/" } }), true],
		["a suffix", key({ suffix: ".PNG" }), true],
		["another suffix", key({ suffix: ".png" }), false],
		["a suffix in any case", key({ suffix: { "equals-ignore-case": ".png" } }), true],
		["any case", key({ "equals-ignore-case": "ORIGINALS/U/A.png" }), true],
		["a wildcard", key({ wildcard: "originals/*/*.PNG" }), true],
		["a wildcard whose dot is literal", key({ wildcard: "originals*aXPNG" }), false],
		["anything but its value", key({ "anything-but": "originals/u/a.PNG" }), false],
		["anything but other values", key({ "anything-but": ["x", "y"] }), true],
		["anything but its prefix", key({ "anything-but": { prefix: "originals/" } }), false],
		["anything but its suffixes", key({ "anything-but": { suffix: [".x", ".PNG"] } }), false],
		["anything but a wildcard", key({ "anything-but": { wildcard: "*/v/*" } }), true],
		["anything but, on a missing field", { detail: { nothing: [{ "anything-but": "x" }] } }, false],
		["a number in range", size(">", 0, "<=", 500), true],
		["a number out of range", size(">", 500), false],
		["an equal number", size("=", 500), true],
		["an existing field", { detail: { ok: [{ exists: true }] } }, true],
		["an existing field that is null", { detail: { empty: [{ exists: true }] } }, true],
		["an absent field", { detail: { nothing: [{ exists: false }] } }, true],
		["an absent field of an absent object", { detail: { a: { b: [{ exists: false }] } } }, true],
		["a missing field, which exists requires", { detail: { nothing: [{ exists: true }] } }, false],
		["one of two patterns", { $or: [{ source: ["x"] }, { detail: { ok: [true] } }] }, true],
		["none of two patterns", { $or: [{ source: ["x"] }, { source: ["y"] }] }, false],
	])("matches by %s", (_title, pattern, expected) => {
		expect(eventPattern(pattern)(object)).toBe(expected);
	});

	test.each<[unknown, string]>([
		[{}, "at least one field"],
		[{ source: "aws.s3" }, "pattern.source must be an object"],
		[{ source: [] }, "must not be empty"],
		[{ source: [{ cidr: "10.0.0.0/8" }] }, "unknown operator"],
		[{ source: [{ prefix: 5 }] }, "must be a string"],
		[{ source: [{ prefix: "a", suffix: "b" }] }, "unknown operator"],
		[{ source: [{ "anything-but": { cidr: "x" } }] }, "unknown operator"],
		[{ source: [{ numeric: [">"] }] }, "numeric must be like"],
		[{ source: [{ numeric: ["~", 1] }] }, "numeric must be like"],
		[{ source: [{ exists: "yes" }] }, "exists must be"],
		[{ source: [{ constructor: "x" }] }, "unknown operator"],
		[{ $or: [{ source: ["x"] }] }, "two patterns"],
	])("%j is refused", (pattern, reason) => {
		expect(() => eventPattern(pattern)).toThrow(reason);
	});
});
