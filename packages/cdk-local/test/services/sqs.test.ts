import {
	AddPermissionCommand,
	ChangeMessageVisibilityCommand,
	DeleteMessageBatchCommand,
	DeleteMessageCommand,
	GetQueueAttributesCommand,
	GetQueueUrlCommand,
	ListQueuesCommand,
	PurgeQueueCommand,
	ReceiveMessageCommand,
	SendMessageBatchCommand,
	SendMessageCommand,
	SQSClient,
	StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { QueueOptions } from "../../services/sqs/queue.ts";
import { Queues } from "../../services/sqs/store.ts";
import { useApis } from "./apis.ts";

const apis = await useApis();
const sqs = new SQSClient(apis.client);
let arn: string;
let QueueUrl: string;
let count = 0;

beforeEach(() => {
	count += 1;
	({ arn, url: QueueUrl } = queue(`queue-${count}`));
});

function queue(name: string, options: Partial<QueueOptions> = {}) {
	return apis.queues.ensure(name, { visibilitySeconds: 30, retentionSeconds: 345_600, ...options });
}
const send = (MessageBody: string, extra = {}) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...extra }));
const receive = async (extra = {}) => {
	const { Messages } = await sqs.send(
		new ReceiveMessageCommand({
			QueueUrl,
			MaxNumberOfMessages: 10,
			MessageSystemAttributeNames: ["All"],
			MessageAttributeNames: ["All"],
			...extra,
		}),
	);
	return Messages ?? [];
};
const remove = (ReceiptHandle: string | undefined) => sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));

test("a message is received once, with its body and attributes", async () => {
	const body = 'äöü \n {"a": "😀"}';
	const { MessageId } = await send(body, {
		MessageAttributes: {
			Trace: { DataType: "String", StringValue: "abc" },
			Bytes: { DataType: "Binary", BinaryValue: new Uint8Array([1, 2]) },
		},
	});
	const [message] = await receive();
	expect(message).toMatchObject({
		MessageId,
		Body: body,
		Attributes: { ApproximateReceiveCount: "1" },
		MessageAttributes: { Trace: { StringValue: "abc" }, Bytes: { BinaryValue: new Uint8Array([1, 2]) } },
	});
	await remove(message?.ReceiptHandle);
	apis.passSeconds(31);
	expect(await receive()).toEqual([]);
});

test("a response without messages has no list", async () => {
	const answer = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
	expect(answer.Messages).toBeUndefined();
});

describe("visibility", () => {
	test("hides a received message until its timeout, then counts another receive", async () => {
		await send("x");
		await receive();
		expect(await receive()).toEqual([]);
		apis.passSeconds(31);
		const [again] = await receive();
		apis.passSeconds(-31);
		expect(again?.Attributes?.ApproximateReceiveCount).toBe("2");
	});

	test("can be chosen, shortened and extended by the receiver", async () => {
		await send("x");
		const [first] = await receive({ VisibilityTimeout: 100 });
		const change = (VisibilityTimeout: number, handle = first?.ReceiptHandle) =>
			sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: handle, VisibilityTimeout }));
		await change(0);
		const [second] = await receive();
		expect(second?.MessageId).toBe(first?.MessageId);
		await expect(change(10)).rejects.toMatchObject({ name: "MessageNotInflight" });
		await change(600, second?.ReceiptHandle);
		apis.passSeconds(500);
		expect(await receive()).toEqual([]);
		apis.passSeconds(101);
		await expect(change(10, second?.ReceiptHandle)).rejects.toMatchObject({ name: "MessageNotInflight" });
	});

	test("invalidates the old receipt when it ends, and deleting with it does nothing", async () => {
		await send("x");
		const [first] = await receive();
		apis.passSeconds(31);
		await receive();
		await remove(first?.ReceiptHandle);
		expect(apis.queues.depth(arn)).toMatchObject({ inFlight: 1 });
		apis.passSeconds(-31);
		await expect(remove("nonsense")).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
	});
});

test("a long poll answers as soon as something is sent", async () => {
	const waiting = receive({ WaitTimeSeconds: 20 });
	await send("at last");
	expect((await waiting).map((each) => each.Body)).toEqual(["at last"]);
});

test("a long poll whose client disconnects receives no message", async () => {
	const wait = vi.spyOn(apis.queues, "wait");
	const leaving = new AbortController();
	const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
		abortSignal: leaving.signal,
	});
	await expect.poll(() => wait.mock.calls).toHaveLength(1);
	leaving.abort();
	await expect(waiting).rejects.toThrow();
	await wait.mock.results[0]?.value;
	wait.mockRestore();
	await send("x");
	expect(await receive()).toHaveLength(1);
});

describe("message groups of a standard queue", () => {
	const sendGroup = (MessageGroupId: string | undefined, body: string) => send(body, { MessageGroupId });
	const bodies = (messages: { Body?: string }[]) => messages.map(({ Body }) => Body);

	test("are received with their messages", async () => {
		await sendGroup("ada", "x");
		await send("y");
		const [grouped, single] = await receive();
		expect(grouped?.Attributes?.MessageGroupId).toBe("ada");
		expect(single?.Attributes).not.toHaveProperty("MessageGroupId");
		await expect(sendGroup("no spaces", "x")).rejects.toThrow(/MessageGroupId/);
	});

	test("take turns in a batch, however many messages one of them has", async () => {
		for (const n of [1, 2, 3, 4]) await sendGroup("ada", `ada ${n}`);
		await sendGroup("bob", "bob 1");
		await send("single");
		expect(bodies(await receive({ MaxNumberOfMessages: 4 }))).toEqual(["ada 1", "bob 1", "single", "ada 2"]);
	});

	test("wait behind those with fewer messages in flight", async () => {
		for (const n of [1, 2, 3]) await sendGroup("ada", `ada ${n}`);
		const [first] = await receive({ MaxNumberOfMessages: 1 });
		await sendGroup("bob", "bob 1");
		await sendGroup("bob", "bob 2");
		const receiveNext = async () => bodies(await receive({ MaxNumberOfMessages: 1 }));
		expect(await receiveNext()).toEqual(["bob 1"]);
		expect(await receiveNext()).toEqual(["ada 2"]);
		await remove(first?.ReceiptHandle);
		expect(await receiveNext()).toEqual(["ada 3"]);
		expect(await receiveNext()).toEqual(["bob 2"]);
	});

	test("of one thousand messages do not delay a message of another", async () => {
		const { db } = apis.state;
		const queues = new Queues(apis.state);
		db.exec("begin");
		for (let n = 0; n < 1_000; n += 1) queues.send(arn, "again", { messageGroup: "originals/ada/1.png" });
		db.exec("commit");
		const [first] = queues.receive(arn, 1);
		queues.send(arn, "once", { messageGroup: "originals/bob/2.png" });
		expect(queues.receive(arn, 1)).toMatchObject([{ body: "once" }]);
		expect(queues.receive(arn, 1)).toMatchObject([{ body: "again" }]);
		expect(first?.body).toBe("again");
	});

	test("in thousands are searched in milliseconds", async () => {
		const { db } = apis.state;
		const queues = new Queues(apis.state);
		db.exec("begin");
		for (let n = 0; n < 5_000; n += 1) queues.send(arn, "x", { messageGroup: `group-${n}` });
		db.exec("commit");
		const began = process.cpuUsage();
		for (let n = 0; n < 10; n += 1) expect(queues.receive(arn, 1)).toMatchObject([{ messageGroup: `group-${n}` }]);
		const { user } = process.cpuUsage(began);
		// Two statements for each of the groups took 1 s.
		expect(user / 1_000, "milliseconds of the processor").toBeLessThan(200);
	});

	test("keep a message that waits for its delay, and do not count it as in flight", async () => {
		await send("ada 1", { MessageGroupId: "ada", DelaySeconds: 2 });
		await sendGroup("ada", "ada 2");
		await sendGroup("bob", "bob 1");
		expect(bodies(await receive())).toEqual(["ada 2", "bob 1"]);
		apis.passSeconds(2);
		const [delayed] = await receive();
		expect(delayed).toMatchObject({
			Body: "ada 1",
			Attributes: { MessageGroupId: "ada", ApproximateReceiveCount: "1" },
		});
	});

	test("do not delay a group that is alone", async () => {
		for (const n of [1, 2, 3]) await sendGroup("ada", `ada ${n}`);
		expect(bodies(await receive())).toEqual(["ada 1", "ada 2", "ada 3"]);
	});

	test("are kept by the state of a version that did not know them", () => {
		const { db } = apis.state;
		db.exec("alter table messages drop column message_group");
		const reopened = new Queues(apis.state);
		reopened.send(arn, "x", { messageGroup: "ada" });
		expect(reopened.receive(arn, 1)).toMatchObject([{ body: "x", messageGroup: "ada" }]);
	});
});

test("two receivers never get the same message", async () => {
	for (let message = 0; message < 20; message += 1) await send(`${message}`);
	const received = await Promise.all([receive(), receive(), receive()]);
	const ids = received.flat().map((message) => message.MessageId);
	expect(new Set(ids).size).toBe(20);
	expect(ids).toHaveLength(20);
});

test("a message that was received too often moves to the dead-letter queue", async () => {
	const dead = queue(`dead-${count}`);
	({ url: QueueUrl } = queue(`queue-${count}`, { redrive: { deadLetterArn: dead.arn, maxReceives: 2 } }));
	await send("poison");
	expect(await receive({ VisibilityTimeout: 0 })).toHaveLength(1);
	expect(await receive({ VisibilityTimeout: 0 })).toHaveLength(1);
	expect(await receive({ VisibilityTimeout: 0 })).toHaveLength(0);
	const [letter] = await receive({ QueueUrl: dead.url });
	expect(letter?.Body).toBe("poison");

	await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn }));
	const [redriven] = await receive();
	expect(redriven?.Attributes?.ApproximateReceiveCount).toBe("1");
});

test("a message expires after the queue's retention", async () => {
	({ arn, url: QueueUrl } = queue(`queue-${count}`, { retentionSeconds: 60 }));
	await send("x");
	apis.passSeconds(61);
	expect(await receive()).toEqual([]);
	apis.passSeconds(-61);
	expect(apis.queues.depth(arn).visible).toBe(0);
});

test("a delayed message is received after its delay", async () => {
	await send("x", { DelaySeconds: 60 });
	expect(await receive()).toEqual([]);
	expect(apis.queues.depth(arn)).toEqual({ visible: 0, inFlight: 0, delayed: 1 });
	apis.passSeconds(61);
	expect(await receive()).toHaveLength(1);
});

test("a batch answers entry by entry", async () => {
	const answer = await sqs.send(
		new SendMessageBatchCommand({
			QueueUrl,
			Entries: [
				{ Id: "good", MessageBody: "x" },
				{ Id: "empty", MessageBody: "" },
			],
		}),
	);
	expect(answer.Successful).toMatchObject([{ Id: "good" }]);
	expect(answer.Failed).toMatchObject([{ Id: "empty", SenderFault: true }]);
	const [message] = await receive();
	const removed = await sqs.send(
		new DeleteMessageBatchCommand({
			QueueUrl,
			Entries: [
				{ Id: "a", ReceiptHandle: message?.ReceiptHandle },
				{ Id: "b", ReceiptHandle: "nonsense" },
			],
		}),
	);
	expect(removed.Successful).toMatchObject([{ Id: "a" }]);
	expect(removed.Failed).toMatchObject([{ Id: "b" }]);
	expect(apis.queues.depth(arn)).toMatchObject({ visible: 0, inFlight: 0 });
});

test("a queue has attributes for depth and settings, and an address", async () => {
	const dead = queue(`dead-${count}`);
	queue(`queue-${count}`, { redrive: { deadLetterArn: dead.arn, maxReceives: 5 } });
	await send("a");
	await send("b");
	await receive({ MaxNumberOfMessages: 1 });
	const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
	expect(Attributes).toMatchObject({
		QueueArn: arn,
		ApproximateNumberOfMessages: "1",
		ApproximateNumberOfMessagesNotVisible: "1",
		VisibilityTimeout: "30",
		RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 5 }),
	});
	const named = await sqs.send(new GetQueueUrlCommand({ QueueName: `queue-${count}` }));
	expect(named.QueueUrl).toBe(QueueUrl);
	const listed = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: `dead-${count}` }));
	expect(listed.QueueUrls).toEqual([dead.url]);
	await sqs.send(new PurgeQueueCommand({ QueueUrl }));
	expect(apis.queues.depth(arn)).toMatchObject({ visible: 0, inFlight: 0 });
});

test("an invalid queue, size or batch is refused", async () => {
	await expect(send("x", { QueueUrl: QueueUrl.replace(/[^/]+$/, "missing") })).rejects.toMatchObject({
		name: "QueueDoesNotExist",
	});
	await expect(send("x".repeat(1_048_577))).rejects.toMatchObject({ name: "InvalidParameterValue" });
	await expect(receive({ MaxNumberOfMessages: 11 })).rejects.toThrow();
});

test("an unknown parameter or operation is refused by name", async () => {
	await expect(send("x", { MessageDeduplicationId: "x" })).rejects.toThrow(/MessageDeduplicationId is not implemented/);
	await expect(
		sqs.send(new AddPermissionCommand({ QueueUrl, Label: "x", AWSAccountIds: ["1"], Actions: ["*"] })),
	).rejects.toThrow(/AddPermission is not implemented/);
});
