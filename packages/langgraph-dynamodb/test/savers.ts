import { randomBytes, randomUUID } from "node:crypto";
import { type ChannelVersions, type Checkpoint, emptyCheckpoint, uuid6 } from "@langchain/langgraph-checkpoint";
import { DynamoDbSaver, type DynamoDbSaverOptions } from "../src/dynamodb-saver.ts";
import { s3Payloads } from "../src/s3-payloads.ts";
import type { Backend } from "./backends.ts";

export const hour = 3_600_000;

/** Makes savers of one owner, each with its own cache, on a clock that only `pass` moves. */
export function testSavers(backend: Backend, owner: string = randomUUID()) {
	const clock = { now: Date.UTC(2026, 10, 21) };
	return {
		owner,
		clock,
		pass(milliseconds: number) {
			clock.now += milliseconds;
		},
		open: (options: Partial<DynamoDbSaverOptions> = {}) =>
			new DynamoDbSaver({
				dynamodb: backend.dynamodb,
				table: backend.table,
				payloads: s3Payloads(backend.s3, backend.bucket),
				owner,
				now: () => clock.now,
				...options,
			}),
	};
}

let step = 0;

/** Puts a checkpoint with these values, by default all changed. @returns its config */
export function putValues(
	saver: DynamoDbSaver,
	config: object,
	channel_values: Record<string, unknown>,
	{ versions, changed }: { versions?: ChannelVersions; changed?: ChannelVersions } = {},
) {
	step += 1;
	const channel_versions = versions ?? Object.fromEntries(Object.keys(channel_values).map((name) => [name, 1]));
	const checkpoint: Checkpoint = {
		...emptyCheckpoint(),
		id: uuid6(step),
		channel_values,
		channel_versions,
	};
	return saver.put(config, checkpoint, { source: "loop", step, parents: {} }, changed ?? channel_versions);
}

/** Reads the values of the newest checkpoint, or of the one that the config names. */
export const latestValues = async (saver: DynamoDbSaver, config: object) =>
	(await saver.getTuple(config))?.checkpoint.channel_values;

export const threadConfig = (thread_id = "thread", checkpoint_ns = "") => ({
	configurable: { thread_id, checkpoint_ns },
});

/** Makes random base64 text, of which gzip saves at most a quarter. */
export const incompressibleText = (bytes: number) => randomBytes(Math.ceil((bytes * 3) / 4)).toString("base64");

export async function toArray<T>(all: AsyncIterable<T>): Promise<T[]> {
	const found: T[] = [];
	for await (const value of all) found.push(value);
	return found;
}
