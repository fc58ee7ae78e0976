import { randomBytes, randomUUID } from "node:crypto";
import { type AttributeValue, paginateQuery } from "@aws-sdk/client-dynamodb";
import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import {
	type ChannelVersions,
	type Checkpoint,
	emptyCheckpoint,
	uuid6,
} from "@langchain/langgraph-checkpoint";
import type { Backend } from "../../cdk-local/test/services/backends.ts";
import { s3Payloads } from "../src/s3-payloads.ts";
import { DynamoDbSaver, type DynamoDbSaverOptions } from "../src/saver.ts";

export const hour = 3_600_000;

/** Savers of one owner, each as fresh as in a new process, with a clock that only moves when told to. */
export function saversOn(backend: Backend, owner: string = randomUUID()) {
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

/** Puts a checkpoint after another with these values, all of them new. @returns its config */
export function putValues(
	saver: DynamoDbSaver,
	config: object,
	channel_values: Record<string, unknown>,
	{
		versions,
		changed,
	}: { versions?: ChannelVersions; changed?: ChannelVersions } = {},
) {
	step += 1;
	const channel_versions =
		versions ??
		Object.fromEntries(Object.keys(channel_values).map((name) => [name, 1]));
	const checkpoint: Checkpoint = {
		...emptyCheckpoint(),
		id: uuid6(step),
		channel_values,
		channel_versions,
	};
	return saver.put(
		config,
		checkpoint,
		{ source: "loop", step, parents: {} },
		changed ?? channel_versions,
	);
}

/** The values of the newest checkpoint, or of the one that the config names. */
export const latestValues = async (saver: DynamoDbSaver, config: object) =>
	(await saver.getTuple(config))?.checkpoint.channel_values;

export const threadConfig = (thread_id = "thread", checkpoint_ns = "") => ({
	configurable: { thread_id, checkpoint_ns },
});

/** Text that gzip cannot make smaller by much. */
export const incompressibleText = (bytes: number) =>
	randomBytes(Math.ceil((bytes * 3) / 4)).toString("base64");

/** What the owner's threads have in the table, expired or not. */
export async function listItems(
	{ dynamodb, table }: Backend,
	owner: string,
	threads = ["thread"],
): Promise<Record<string, AttributeValue>[]> {
	const items: Record<string, AttributeValue>[] = [];
	for (const name of threads) {
		const pages = paginateQuery(
			{ client: dynamodb },
			{
				TableName: table,
				KeyConditionExpression: "pk = :pk",
				ExpressionAttributeValues: { ":pk": { S: `${owner}#${name}` } },
			},
		);
		for await (const { Items = [] } of pages) items.push(...Items);
	}
	return items;
}

/** The owner's objects, every version. */
export async function listObjects(
	{ s3, bucket }: Backend,
	owner: string,
): Promise<string[]> {
	const { Versions = [], DeleteMarkers = [] } = await s3.send(
		new ListObjectVersionsCommand({
			Bucket: bucket,
			Prefix: `checkpoints/${owner}/`,
		}),
	);
	return [...Versions, ...DeleteMarkers].map(({ Key = "" }) => Key);
}

export async function toArray<T>(all: AsyncIterable<T>): Promise<T[]> {
	const found: T[] = [];
	for await (const one of all) found.push(one);
	return found;
}
