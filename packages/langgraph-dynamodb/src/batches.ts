import {
	BatchGetCommand,
	type BatchGetCommandOutput,
	BatchWriteCommand,
	type BatchWriteCommandInput,
	type BatchWriteCommandOutput,
	type DynamoDBDocumentClient,
} from "@aws-sdk/lib-dynamodb";
import { UnprocessedItems } from "./errors.ts";
import type { Key } from "./keys.ts";
import { backOff, maxAttempts } from "./retries.ts";

type WriteRequest = NonNullable<BatchWriteCommandInput["RequestItems"]>[string][number];

/** DynamoDB's limits of one request. */
const maxKeys = 100;
const maxWrites = 25;

type Client = Pick<DynamoDBDocumentClient, "send">;

/** Reads the items that exist, consistently, in requests of 100 keys. @throws UnprocessedItems */
export async function batchGet<Item extends Key>(client: Client, table: string, keys: Key[]): Promise<Item[]> {
	const items: Item[] = [];
	await inBatches(table, keys, maxKeys, async (Keys) => {
		const { Responses, UnprocessedKeys }: BatchGetCommandOutput = await client.send(
			new BatchGetCommand({
				RequestItems: { [table]: { Keys, ConsistentRead: true } },
			}),
		);
		items.push(...((Responses?.[table] ?? []) as Item[]));
		return UnprocessedKeys?.[table]?.Keys as Key[] | undefined;
	});
	return items;
}

/** Puts or deletes items in requests of 25, in no order, each write on its own. @throws UnprocessedItems */
export function batchWrite(client: Client, table: string, writes: WriteRequest[]): Promise<void> {
	return inBatches(table, writes, maxWrites, async (requests) => {
		const { UnprocessedItems: unprocessed }: BatchWriteCommandOutput = await client.send(
			new BatchWriteCommand({ RequestItems: { [table]: requests } }),
		);
		return unprocessed?.[table];
	});
}

/** Sends all batches at once, and resends unprocessed entries. */
async function inBatches<Entry>(
	table: string,
	entries: Entry[],
	size: number,
	send: (batch: Entry[]) => Promise<Entry[] | undefined>,
): Promise<void> {
	const batches = Array.from({ length: Math.ceil(entries.length / size) }, (_, index) =>
		entries.slice(index * size, (index + 1) * size),
	);
	await Promise.all(
		batches.map(async (batch) => {
			let unprocessed = batch;
			for (let attempt = 0; unprocessed.length > 0; attempt += 1) {
				if (attempt >= maxAttempts) {
					throw new UnprocessedItems(table, unprocessed.length, attempt);
				}
				await backOff(attempt);
				unprocessed = (await send(unprocessed)) ?? [];
			}
		}),
	);
}
