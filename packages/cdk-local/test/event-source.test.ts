import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, startTestApp, type TestApp, testFunction } from "./test-app.ts";

/** Records its messages in a file that the test reads, and behaves as `do` in a message's body says: `wait` ends when the test writes a file. */
const bundle = `
import { appendFileSync, existsSync } from "node:fs";
export const handler = async ({ Records }) => {
	const bodies = Records.map((record) => JSON.parse(record.body));
	const note = (entry) => appendFileSync(process.env.NOTES, JSON.stringify(entry) + "\\n");
	for (const record of Records) note({ record, batch: Records.length, pid: process.pid });
	if (bodies.some((body) => body.do === "throw")) throw new Error("broken");
	if (bodies.some((body) => body.do === "malformed")) return { batchItemFailures: [{ itemIdentifier: "unknown" }] };
	if (bodies.some((body) => body.do === "wait")) {
		note({ begin: Date.now() });
		while (!existsSync(process.env.NOTES + ".go")) await new Promise((resolve) => setTimeout(resolve, 10));
		note({ end: Date.now() });
	}
	return { batchItemFailures: Records.filter((record) => JSON.parse(record.body).do === "fail").map((record) => ({ itemIdentifier: record.messageId })) };
};
`;

let app: TestApp;
let notes: string;
let sqs: SQSClient;

const queueWithDeadLetters = (name: string, mapping: object, visibilitySeconds = 1) => ({
	[`${name}Dead`]: { Type: "AWS::SQS::Queue", Properties: { QueueName: `${name}-dead` } },
	[`${name}Queue`]: {
		Type: "AWS::SQS::Queue",
		Properties: {
			QueueName: name,
			VisibilityTimeout: visibilitySeconds,
			RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": [`${name}Dead`, "Arn"] }, maxReceiveCount: 2 },
		},
	},
	[`${name}Source`]: {
		Type: "AWS::Lambda::EventSourceMapping",
		Properties: {
			EventSourceArn: { "Fn::GetAtt": [`${name}Queue`, "Arn"] },
			FunctionName: { Ref: "Worker" },
			...mapping,
		},
	},
});

beforeAll(async () => {
	const reports = { FunctionResponseTypes: ["ReportBatchItemFailures"] };
	notes = join(mkdtempSync(join(tmpdir(), "notes-")), "notes");
	writeFileSync(notes, "");
	app = await startTestApp(
		{
			Resources: {
				Worker: testFunction({ Environment: { Variables: { NOTES: notes } } }),
				...queueWithDeadLetters("partial", { BatchSize: 10, ...reports }),
				...queueWithDeadLetters("whole", { BatchSize: 10 }),
				// As on AWS, the visibility timeout must outlast the window.
				...queueWithDeadLetters("windowed", { BatchSize: 10, MaximumBatchingWindowInSeconds: 1, ...reports }, 3),
				...queueWithDeadLetters("narrow", { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 }, ...reports }, 30),
			},
		},
		bundle,
	);
	sqs = new SQSClient({ region: "eu-central-1", endpoint: app.endpoint, credentials: app.operator });
});
afterAll(async () => {
	sqs?.destroy();
	await app?.destroy();
	rmSync(dirname(notes), { recursive: true, force: true });
});

const url = (queue: string) => `${app.endpoint}/000000000000/${queue}`;

async function send(queue: string, body: object): Promise<string> {
	const { MessageId } = await sqs.send(
		new SendMessageCommand({ QueueUrl: url(queue), MessageBody: JSON.stringify(body) }),
	);
	return MessageId as string;
}

async function depth(queue: string): Promise<number> {
	const { Attributes = {} } = await sqs.send(
		new GetQueueAttributesCommand({ QueueUrl: url(queue), AttributeNames: ["All"] }),
	);
	return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
}

interface Note {
	pid?: number;
	record?: { messageId: string; eventSourceARN: string; attributes: Record<string, string> };
	batch?: number;
	begin?: number;
	end?: number;
}

const readNotes = (): Note[] =>
	readFileSync(notes, "utf8")
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line));
const deliveries = (id: string) => readNotes().filter(({ record }) => record?.messageId === id);

test("a message arrives within 5 s in Lambda's format, and is deleted once processed", async () => {
	const id = await send("partial", { do: "nothing" });
	const started = performance.now();
	const note = await eventually(() => deliveries(id)[0]);
	expect(performance.now() - started).toBeLessThan(5_000);
	expect(note.record).toMatchObject({
		eventSource: "aws:sqs",
		eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:partial",
		awsRegion: "eu-central-1",
		attributes: { ApproximateReceiveCount: "1" },
	});
	await eventually(async () => (await depth("partial")) === 0);
});

test("a message brings its group", async () => {
	const { MessageId = "" } = await sqs.send(
		new SendMessageCommand({ QueueUrl: url("partial"), MessageBody: "{}", MessageGroupId: "ada" }),
	);
	const note = await eventually(() => deliveries(MessageId)[0]);
	expect(note.record?.attributes.MessageGroupId).toBe("ada");
});

test("a function behind a queue lets what a person waits for go first", async () => {
	const id = await send("partial", { do: "nothing" });
	const { pid = 0 } = await eventually(() => deliveries(id)[0]);
	expect(getPriority(pid)).toBe(Math.min(19, getPriority() + 5));
	const session = `/proc/${pid}/autogroup`;
	if (existsSync(session)) expect(readFileSync(session, "utf8"), "the session's share").toMatch(/nice 5$/m);
});

test("only the failed messages of a batch are delivered again, and become dead letters", async () => {
	const failing = await send("windowed", { do: "fail" });
	const succeeding = await send("windowed", { do: "nothing" });
	await eventually(async () => (await depth("windowed-dead")) === 1);
	expect(await depth("windowed")).toBe(0);
	expect(deliveries(failing)).toHaveLength(2);
	expect(deliveries(succeeding)).toHaveLength(1);
});

test("a function that throws fails its whole batch", async () => {
	const id = await send("whole", { do: "throw" });
	await eventually(async () => (await depth("whole-dead")) === 1);
	expect(deliveries(id)).toHaveLength(2);
});

test("without ReportBatchItemFailures a response without an error deletes the whole batch", async () => {
	const id = await send("whole", { do: "fail" });
	await eventually(() => deliveries(id).length === 1);
	await eventually(async () => (await depth("whole")) === 0);
	expect(deliveries(id)).toHaveLength(1);
});

test("a response that names an unknown message fails the whole batch", async () => {
	// A message whose process started too slowly is a dead letter, too.
	const before = await depth("partial-dead");
	const id = await send("partial", { do: "malformed" });
	await eventually(async () => (await depth("partial-dead")) > before);
	expect(deliveries(id)).toHaveLength(2);
});

test("a batching window collects messages that are sent one by one", async () => {
	const ids = [await send("windowed", { n: 1 }), await send("windowed", { n: 2 }), await send("windowed", { n: 3 })];
	const batches = await eventually(() => {
		const delivered = ids.flatMap(deliveries);
		return delivered.length === 3 ? delivered.map(({ batch }) => batch) : null;
	});
	expect(batches).toEqual([3, 3, 3]);
});

test("MaximumConcurrency limits concurrent invocations", async () => {
	const from = readNotes().length;
	for (let n = 0; n < 5; n += 1) await send("narrow", { do: "wait" });
	await eventually(
		() =>
			readNotes()
				.slice(from)
				.filter(({ begin }) => begin).length === 2,
	);
	// A third would have begun before a message that was sent later.
	const later = await send("partial", { do: "nothing" });
	await eventually(() => deliveries(later)[0]);
	expect(
		readNotes()
			.slice(from)
			.filter(({ begin }) => begin),
	).toHaveLength(2);
	writeFileSync(`${notes}.go`, "");
	const spans = await eventually(() => {
		const since = readNotes().slice(from);
		return since.filter(({ end }) => end).length === 5 ? since : null;
	});
	let running = 0;
	let maxRunning = 0;
	for (const { begin, end } of spans) {
		if (begin) running += 1;
		if (end) running -= 1;
		maxRunning = Math.max(maxRunning, running);
	}
	expect(maxRunning).toBe(2);
});
