import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { ModelFailure, StageBusy, WorkDeferred } from "#core/errors.ts";
import type { StageOptions } from "#core/pipeline/run-stage.ts";
import { queueHandler } from "#lambda-kit/queue-handler.ts";

const record = (receives: number, messageId = "message-1", MessageGroupId: string | undefined = "user") =>
	({
		messageId,
		receiptHandle: `handle of ${messageId}`,
		body: JSON.stringify({
			source: "test",
			"detail-type": "Test",
			detail: { item_id: "item", user_id: "user" },
		}),
		attributes: { ApproximateReceiveCount: String(receives), ...(MessageGroupId && { MessageGroupId }) },
	}) as SQSRecord;

const remaining = (milliseconds: number) =>
	({
		awsRequestId: "request",
		getRemainingTimeInMillis: () => milliseconds,
	}) as Context;

interface Handled {
	delays: Record<string, number>;
	/** Messages that were sent again: body, group and delay. */
	sent: [string, string, number][];
	failed: string[];
	options: StageOptions[];
}

interface HandleOptions {
	milliseconds?: number;
	concurrency?: number;
	beforeSend?: () => Promise<void>;
}

/** Invokes the handler with messages whose work ends with `end`. */
async function handle(
	Records: SQSRecord[],
	end: () => Promise<"committed">,
	{ milliseconds = 60_000, concurrency = 3, beforeSend = async () => {} }: HandleOptions = {},
): Promise<Handled> {
	const delays: Handled["delays"] = {};
	const sent: Handled["sent"] = [];
	const options: StageOptions[] = [];
	const handler = queueHandler(
		"process",
		({ detail }) => detail as { item_id: string; user_id: string },
		(_, stageOptions) => {
			options.push(stageOptions);
			return end();
		},
		{
			concurrency,
			async delay(handle, seconds) {
				delays[handle] = seconds;
			},
			async send(...message) {
				await beforeSend();
				sent.push(message);
			},
		},
	);
	const answer = await handler({ Records } as SQSEvent, remaining(milliseconds));
	return {
		delays,
		sent,
		options,
		failed: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
	};
}

describe("a stage's handler", () => {
	it("gives models a deadline before the invocation's end, and a lease that ends after it", async () => {
		const before = Date.now();
		const { options, failed } = await handle([record(1)], async () => "committed");
		const [{ deadline, leaseSeconds } = { deadline: new Date(0), leaseSeconds: 0 }] = options;
		expect(failed).toEqual([]);
		expect(deadline.getTime() - before).toBeGreaterThan(50_000);
		expect(deadline.getTime() - before).toBeLessThan(58_000);
		expect(leaseSeconds).toBeGreaterThan(60);
	});

	it("does not start a message that it has no time for", async () => {
		const { options, failed, delays } = await handle([record(1)], async () => "committed", { milliseconds: 4_500 });
		expect(options).toEqual([]);
		expect(failed).toEqual(["message-1"]);
		expect(delays).toEqual({ "handle of message-1": 1 });
	});

	it.each([
		[1, null, 30],
		[2, null, 120],
		[5, null, 600],
		[1, 300, 300],
		[2, 60, 120],
		[1, 86_400, 900],
	])(
		"makes a message visible again after receive %i and a Retry-After of %s in %i s",
		async (receives, retryAfterSeconds, seconds) => {
			const { delays, failed } = await handle([record(receives)], async () => {
				throw new ModelFailure("vision_unavailable", "Away.", {
					retryAfterSeconds,
				});
			});
			expect(failed).toEqual(["message-1"]);
			expect(delays).toEqual({ "handle of message-1": seconds });
		},
	);

	it("makes a message visible again when another holder's lease ends", async () => {
		const { delays } = await handle([record(3)], async () => {
			throw new StageBusy(17);
		});
		expect(delays).toEqual({ "handle of message-1": 17 });
	});

	it("reports the failed message, and does not repeat the others", async () => {
		let calls = 0;
		const { failed } = await handle([record(1, "a"), record(1, "b"), record(1, "c")], async () => {
			calls += 1;
			if (calls === 2) throw new Error("The bucket is unavailable.");
			return "committed";
		});
		expect(calls).toBe(3);
		expect(failed).toEqual(["b"]);
	});

	it("fails an unreadable message, which becomes a dead letter, and handles the next", async () => {
		const unreadable = { ...record(1, "a"), body: "no JSON" };
		const { failed, options } = await handle([unreadable, record(1, "b")], async () => "committed");
		expect(failed).toEqual(["a"]);
		expect(options).toHaveLength(1);
	});

	it.each([
		[3, 1],
		[2, 1],
		[8, 2],
		[12, 4],
	])("of %i concurrent invocations leaves a busy person %i", async (concurrency, fairShare) => {
		const { options } = await handle([record(1)], async () => "committed", { concurrency });
		expect(options[0]?.fairness).toEqual({ fairShare, grouped: true });
	});

	it.each(["", "originals/user/item.png"])(
		"says of a message in the group '%s' that it is not in its person's",
		async (group) => {
			const { options } = await handle([record(1, "a", group)], async () => "committed");
			expect(options[0]?.fairness).toEqual({ fairShare: 1, grouped: false });
		},
	);

	const deferral = { reason: "fair_share", held: 2, waitedSeconds: 90, seconds: 45 } as const;
	const outage = { reason: "outage", waitedSeconds: 90, seconds: 45 } as const;
	it.each([
		["user", deferral],
		["", deferral],
		["user", outage],
	] as const)(
		"acknowledges a message of group '%s' that is put off, and sends it again for later",
		async (group, deferral) => {
			const original = record(5, "a", group);
			const { sent, failed, delays } = await handle([original], async () => {
				throw new WorkDeferred(deferral);
			});
			expect(failed).toEqual([]);
			expect(delays).toEqual({});
			expect(sent).toEqual([[original.body, "user", 45]]);
		},
	);

	it("retries a message that is put off and that the queue does not take", async () => {
		const { failed } = await handle(
			[record(1)],
			async () => {
				throw new WorkDeferred(deferral);
			},
			{
				beforeSend: async () => {
					throw new Error("The queue is unavailable.");
				},
			},
		);
		expect(failed).toEqual(["message-1"]);
	});

	it("ignores an event that is not its own", async () => {
		const handler = queueHandler(
			"process",
			() => null,
			async () => {
				throw new Error("The work was run.");
			},
			{ concurrency: 2, delay: async () => {}, send: async () => {} },
		);
		const answer = await handler({ Records: [record(1)] } as SQSEvent, remaining(60_000));
		expect(answer).toEqual({ batchItemFailures: [] });
	});
});
