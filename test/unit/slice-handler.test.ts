import { randomUUID } from "node:crypto";
import type { Context, SQSEvent } from "aws-lambda";
import { beforeEach, expect, it } from "vitest";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import { sliceHandler } from "#lambdas/jobs/slice-handler.ts";
import { processedItem } from "../contracts/item-states.ts";
import { newUser } from "../contracts/new-rows.ts";
import { generousLimits } from "./api/test-api.ts";

let ports: FakePorts;
beforeEach(() => {
	ports = fakePorts();
});

const event = {
	Records: [
		{ messageId: "message", receiptHandle: "handle", body: "{}", attributes: { ApproximateReceiveCount: "1" } },
	],
} as unknown as SQSEvent;
const context = { awsRequestId: "request", getRemainingTimeInMillis: () => 60_000 } as Context;

async function handle(over = ports) {
	const sent: [group: string, seconds: number][] = [];
	const delayed: number[] = [];
	const queue = {
		async send(_: string, group: string, seconds: number) {
			sent.push([group, seconds]);
		},
		async delay(_: string, seconds: number) {
			delayed.push(seconds);
		},
	};
	const { batchItemFailures } = await sliceHandler(over, queue, generousLimits)(event, context);
	return { sent, delayed, failed: batchItemFailures.length };
}

async function start(userId: string) {
	const { id } = await processedItem(ports, userId);
	const input = { action: "delete", argument: {} };
	return ports.jobs.create({ id: randomUUID(), userId, kind: "batch", input, itemIds: [id] }, { maxOpen: 10 });
}

it("sends a message for the next job of the person whose job ended, and none after the last", async () => {
	const user = newUser();
	const [first, second] = [await start(user), await start(user)];
	expect(await handle()).toEqual({ sent: [[user, 0]], delayed: [], failed: 0 });
	expect(await handle()).toEqual({ sent: [], delayed: [], failed: 0 });
	for (const { id } of [first, second]) expect((await ports.jobs.find(user, id))?.state).toBe("done");
});

it("does nothing where no job has work to do", async () => {
	expect(await handle()).toEqual({ sent: [], delayed: [], failed: 0 });
});

it("sends a message for the time until which a job waits", async () => {
	const user = newUser();
	await start(user);
	await start(user);
	const claimed = await ports.jobs.claim(60);
	if (claimed) await ports.jobs.release(claimed.lease, { seconds: 2_000, isFailure: false });
	// The other job ends; of what then waits longer than SQS delays a message, the first look is early.
	expect((await handle()).sent).toEqual([[user, 900]]);
});

it("has a message come again soon whose slice failed", async () => {
	const user = newUser();
	const job = await start(user);
	const away = { ...ports, items: { ...ports.items, delete: () => Promise.reject(new Error("Away.")) } };
	expect(await handle(away)).toEqual({ sent: [], delayed: [30], failed: 1 });
	ports.clock.advance(31);
	await handle();
	expect((await ports.jobs.find(user, job.id))?.state).toBe("done");
});
