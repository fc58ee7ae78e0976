import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../sqs/queue.ts";
import type { Queues } from "../sqs/store.ts";
import type { LambdaFunction } from "./function.ts";
import type { InvocationResult } from "./sandbox.ts";

interface EventSourceSettings {
	queueArn: string;
	region: string;
	batchSize: number;
	batchingWindowSeconds: number;
	maxConcurrency: number;
	reportsBatchItemFailures: boolean;
	/** Tests whether the function's role, which Lambda polls with, allows an action on the queue. */
	allows(action: string): boolean;
	log(line: string): void;
}

/** Lambda starts with five pollers; more do not help two cores. */
export const defaultMaxConcurrency = 5;

/** Longest wait for messages. */
const maxWaitMs = 20_000;

/** Invokes a function with a queue's messages; unprocessed ones stay in the queue, invisible until their timeout. */
export class EventSource {
	readonly #queues: Queues;
	readonly #function: LambdaFunction;
	readonly #settings: EventSourceSettings;
	readonly #stop = new AbortController();
	readonly #running = new Set<Promise<void>>();
	#loop: Promise<void> = Promise.resolve();
	/** The missing permissions at the last check. */
	#missing = "";

	constructor(queues: Queues, lambdaFunction: LambdaFunction, settings: EventSourceSettings) {
		this.#queues = queues;
		this.#function = lambdaFunction;
		this.#settings = settings;
	}

	start(): void {
		this.#loop = this.#poll();
	}

	/** Stops polling. Running batches continue until their function ends. */
	async stop(): Promise<void> {
		this.#stop.abort();
		await this.#loop;
	}

	async #poll(): Promise<void> {
		const { signal } = this.#stop;
		const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve));
		while (!signal.aborted) {
			try {
				if (this.#running.size >= this.#settings.maxConcurrency) {
					await Promise.race([...this.#running, stopped]);
					continue;
				}
				if (!this.#mayPoll()) {
					// The permissions may be granted again.
					await sleep(1_000, undefined, { signal, ref: false });
					continue;
				}
				const messages = await this.#batch(signal);
				if (messages.length === 0) continue;
				const batch = this.#process(messages).finally(() => this.#running.delete(batch));
				this.#running.add(batch);
			} catch (error) {
				if (signal.aborted) return;
				this.#settings.log(`${this.#settings.queueArn}: ${error}`);
				await new Promise((resolve) => setTimeout(resolve, 1_000));
			}
		}
	}

	#mayPoll(): boolean {
		const { allows, queueArn, log } = this.#settings;
		const missing = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"].filter(
			(action) => !allows(action),
		);
		const list = missing.join(", ");
		if (list && list !== this.#missing) {
			log(`${queueArn} is not polled: the function's role lacks ${list}`);
		}
		this.#missing = list;
		return list === "";
	}

	async #batch(signal: AbortSignal): Promise<Message[]> {
		const { queueArn, batchSize, batchingWindowSeconds } = this.#settings;
		const messages = this.#queues.receive(queueArn, Math.min(batchSize, 10));
		if (messages.length === 0) {
			await this.#queues.wait(queueArn, maxWaitMs, signal);
			return [];
		}
		const end = Date.now() + batchingWindowSeconds * 1000;
		while (messages.length < batchSize && !signal.aborted) {
			const more = this.#queues.receive(queueArn, Math.min(batchSize - messages.length, 10));
			messages.push(...more);
			const remainingMs = end - Date.now();
			if (more.length > 0) continue;
			if (remainingMs <= 0) break;
			await this.#queues.wait(queueArn, remainingMs, signal);
		}
		return messages;
	}

	async #process(messages: Message[]): Promise<void> {
		const { queueArn, region, log } = this.#settings;
		const Records = messages.map((message) => ({
			messageId: message.messageId,
			receiptHandle: message.receiptHandle,
			body: message.body,
			attributes: {
				ApproximateReceiveCount: String(message.receiveCount),
				SentTimestamp: String(message.sentAt),
				SenderId: "AIDALOCAL",
				ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
				...(message.messageGroup !== null && { MessageGroupId: message.messageGroup }),
			},
			messageAttributes: {},
			md5OfBody: message.md5,
			eventSource: "aws:sqs",
			eventSourceARN: queueArn,
			awsRegion: region,
		}));
		try {
			const result = await this.#function.invoke(Buffer.from(JSON.stringify({ Records })));
			if (!this.#settings.allows("sqs:DeleteMessage")) return;
			const failed = this.#failures(result, messages);
			for (const message of messages) {
				if (failed.has(message.messageId)) continue;
				this.#queues.delete(queueArn, message.receiptHandle);
			}
		} catch (error) {
			// The messages return when their visibility timeout ends.
			if (!this.#stop.signal.aborted) log(`${queueArn}: ${error}`);
		}
	}

	/** Returns the ids of unprocessed messages: all of them where the answer is malformed, as Lambda does. */
	#failures(result: InvocationResult, messages: Message[]): Set<string> {
		const ids = new Set(messages.map((message) => message.messageId));
		if (result.failed) return ids;
		if (!this.#settings.reportsBatchItemFailures) return new Set();
		const answer = parse(result.payload);
		if (answer === null) return new Set();
		if (typeof answer !== "object") return ids;
		const { batchItemFailures } = answer as { batchItemFailures?: unknown };
		if (batchItemFailures === undefined || batchItemFailures === null) {
			return new Set();
		}
		if (!Array.isArray(batchItemFailures)) return ids;
		const failed = batchItemFailures.map((entry) => entry?.itemIdentifier);
		return failed.every((id) => ids.has(id)) ? new Set(failed) : ids;
	}
}

function parse(payload: Buffer): unknown {
	try {
		return JSON.parse(payload.toString());
	} catch {
		return undefined;
	}
}
