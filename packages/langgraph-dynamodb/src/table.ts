import { setTimeout as sleep } from "node:timers/promises";
import {
	type AttributeValue,
	BatchGetItemCommand,
	type BatchGetItemCommandOutput,
	BatchWriteItemCommand,
	type BatchWriteItemCommandOutput,
	ConditionalCheckFailedException,
	DeleteItemCommand,
	type DynamoDBClient,
	GetItemCommand,
	PutItemCommand,
	QueryCommand,
	ScanCommand,
	TransactionCanceledException,
	TransactionConflictException,
	type TransactWriteItem,
	TransactWriteItemsCommand,
	UpdateItemCommand,
	type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { UnprocessedItems } from "./errors.ts";
import type { Key } from "./keys.ts";

export type Attributes = Record<string, AttributeValue>;

/** A condition or update, with what its placeholders stand for. */
export interface Expression {
	text: string;
	names?: Record<string, string>;
	values?: Attributes;
}

/** The index by which sessions are listed. */
export const indexName = "gsi1";
const maxKeys = 100;
const maxWrites = 25;
const maxTries = 8;

/** The single table. Reads are consistent, pages are followed, what a batch leaves is asked for again. */
export class Table {
	readonly name: string;
	readonly #client: Pick<DynamoDBClient, "send">;

	constructor(client: Pick<DynamoDBClient, "send">, name: string) {
		this.#client = client;
		this.name = name;
	}

	async get(key: Key): Promise<Attributes | undefined> {
		const { Item } = await this.#client.send(
			new GetItemCommand({
				TableName: this.name,
				Key: keyAttributes(key),
				ConsistentRead: true,
			}),
		);
		return Item;
	}

	/** @returns false where the condition did not hold */
	async put(item: Attributes, condition?: Expression): Promise<boolean> {
		return conditionHeld(
			this.#retryConflicts(() =>
				this.#client.send(
					new PutItemCommand({
						TableName: this.name,
						Item: item,
						...conditionOf(condition),
					}),
				),
			),
		);
	}

	/** Several writes of which all are carried out or none. @returns false where a condition did not hold */
	async transactWrite(writes: TransactWriteItem[]): Promise<boolean> {
		return conditionHeld(
			this.#retryConflicts(() =>
				this.#client.send(
					new TransactWriteItemsCommand({ TransactItems: writes }),
				),
			),
		);
	}

	/** @returns the item afterwards, undefined where the condition did not hold */
	async update(
		key: Key,
		update: Expression,
		condition: Expression,
	): Promise<Attributes | undefined> {
		let item: Attributes | undefined;
		await conditionHeld(
			this.#retryConflicts(() =>
				this.#client.send(
					new UpdateItemCommand({
						TableName: this.name,
						Key: keyAttributes(key),
						UpdateExpression: update.text,
						...conditionOf({
							text: condition.text,
							names: { ...update.names, ...condition.names },
							values: { ...update.values, ...condition.values },
						}),
						ReturnValues: "ALL_NEW",
					}),
				),
			).then(({ Attributes }) => {
				item = Attributes;
			}),
		);
		return item;
	}

	async delete(key: Key): Promise<void> {
		await this.#retryConflicts(() =>
			this.#client.send(
				new DeleteItemCommand({
					TableName: this.name,
					Key: keyAttributes(key),
				}),
			),
		);
	}

	/** Items of a partition whose sort key begins so, or lies between two, both included; page by page. */
	async *query(
		pk: string,
		range: { prefix: string } | { from: string; to: string },
		options: {
			newestFirst?: boolean;
			pageSize?: number | undefined;
			keysOnly?: boolean;
		} = {},
	): AsyncGenerator<Attributes[]> {
		const [condition, bounds] =
			"prefix" in range
				? [
						range.prefix ? " and begins_with(#sk, :from)" : "",
						range.prefix ? { ":from": { S: range.prefix } } : {},
					]
				: [
						" and #sk between :from and :to",
						{ ":from": { S: range.from }, ":to": { S: range.to } },
					];
		let ExclusiveStartKey: Attributes | undefined;
		do {
			const page = await this.#client.send(
				new QueryCommand({
					TableName: this.name,
					ConsistentRead: true,
					KeyConditionExpression: `#pk = :pk${condition}`,
					...(options.keysOnly && { ProjectionExpression: "#pk, #sk" }),
					ExpressionAttributeNames: {
						"#pk": "pk",
						...((condition || options.keysOnly) && { "#sk": "sk" }),
					},
					ExpressionAttributeValues: { ":pk": { S: pk }, ...bounds },
					ScanIndexForward: !options.newestFirst,
					Limit: options.pageSize,
					ExclusiveStartKey,
				}),
			);
			yield page.Items ?? [];
			ExclusiveStartKey = page.LastEvaluatedKey;
		} while (ExclusiveStartKey);
	}

	/** The index's items of one partition, newest first; as all indexes, it may be a moment late. */
	async *queryIndex(
		gsi1pk: string,
		pageSize?: number,
	): AsyncGenerator<Attributes[]> {
		let ExclusiveStartKey: Attributes | undefined;
		do {
			const page = await this.#client.send(
				new QueryCommand({
					TableName: this.name,
					IndexName: indexName,
					KeyConditionExpression: "#pk = :pk",
					ExpressionAttributeNames: { "#pk": "gsi1pk" },
					ExpressionAttributeValues: { ":pk": { S: gsi1pk } },
					ScanIndexForward: false,
					Limit: pageSize,
					ExclusiveStartKey,
				}),
			);
			yield page.Items ?? [];
			ExclusiveStartKey = page.LastEvaluatedKey;
		} while (ExclusiveStartKey);
	}

	/** One attribute of every item in the index: of the sessions of all owners, and of nothing else in the table. */
	async *scanIndex(attribute: string): AsyncGenerator<Attributes[]> {
		let ExclusiveStartKey: Attributes | undefined;
		do {
			const page = await this.#client.send(
				new ScanCommand({
					TableName: this.name,
					IndexName: indexName,
					ProjectionExpression: "#attribute",
					ExpressionAttributeNames: { "#attribute": attribute },
					ExclusiveStartKey,
				}),
			);
			yield page.Items ?? [];
			ExclusiveStartKey = page.LastEvaluatedKey;
		} while (ExclusiveStartKey);
	}

	/** The items with these keys; those that are not there are missing. @throws Unprocessed */
	async batchGet(keys: Key[]): Promise<Attributes[]> {
		const chunks = await Promise.all(
			inChunks(keys, maxKeys).map(async (chunk) => {
				const found: Attributes[] = [];
				let left: Attributes[] | undefined = chunk.map(keyAttributes);
				for (let tries = 0; left && left.length > 0; tries += 1) {
					await this.#backOff(tries, left.length);
					const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput =
						await this.#client.send(
							new BatchGetItemCommand({
								RequestItems: {
									[this.name]: { Keys: left, ConsistentRead: true },
								},
							}),
						);
					found.push(...(Responses?.[this.name] ?? []));
					left = UnprocessedKeys?.[this.name]?.Keys;
				}
				return found;
			}),
		);
		return chunks.flat();
	}

	/** Puts or deletes each on its own, in no order. @throws Unprocessed */
	async batchWrite(writes: WriteRequest[]): Promise<void> {
		await Promise.all(
			inChunks(writes, maxWrites).map(async (chunk) => {
				let left: WriteRequest[] | undefined = chunk;
				for (let tries = 0; left && left.length > 0; tries += 1) {
					await this.#backOff(tries, left.length);
					const { UnprocessedItems }: BatchWriteItemCommandOutput =
						await this.#client.send(
							new BatchWriteItemCommand({
								RequestItems: { [this.name]: left },
							}),
						);
					left = UnprocessedItems?.[this.name];
				}
			}),
		);
	}

	/** An item that a transaction is writing refuses every other write, and other transactions: it is free in a moment. */
	async #retryConflicts<Result>(send: () => Promise<Result>): Promise<Result> {
		for (let tries = 1; ; tries += 1) {
			try {
				return await send();
			} catch (error) {
				const isTaken =
					error instanceof TransactionConflictException ||
					cancellationReasons(error).includes("TransactionConflict");
				if (!isTaken || isConditionFailure(error) || tries === maxTries)
					throw error;
				await this.#backOff(tries, 1);
			}
		}
	}

	/** What was left unprocessed would be again at once: waits longer each time, by chance so that two do not keep pace. */
	async #backOff(tries: number, left: number): Promise<void> {
		if (tries >= maxTries) throw new UnprocessedItems(this.name, left, tries);
		if (tries > 0)
			await sleep(Math.random() * Math.min(1_000, 25 * 2 ** tries));
	}
}

export const keyAttributes = ({ pk, sk }: Key): Attributes => ({
	pk: { S: pk },
	sk: { S: sk },
});

export const keyOf = (item: Attributes): Key => ({
	pk: item.pk?.S ?? "",
	sk: item.sk?.S ?? "",
});

export const numberOf = (value: AttributeValue | undefined): number =>
	Number(value?.N ?? Number.NaN);

function conditionOf(condition: Expression | undefined) {
	if (!condition) return {};
	const { text, names = {}, values = {} } = condition;
	return {
		ConditionExpression: text,
		...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
		...(Object.keys(values).length > 0 && {
			ExpressionAttributeValues: values,
		}),
	};
}

async function conditionHeld(sending: Promise<unknown>): Promise<boolean> {
	try {
		await sending;
		return true;
	} catch (error) {
		if (isConditionFailure(error)) return false;
		throw error;
	}
}

/** Whether a condition did not hold. */
const isConditionFailure = (error: unknown) =>
	error instanceof ConditionalCheckFailedException ||
	cancellationReasons(error).includes("ConditionalCheckFailed");

/** Why each write of a transaction was not carried out. */
const cancellationReasons = (error: unknown) =>
	(error instanceof TransactionCanceledException &&
		error.CancellationReasons?.map(({ Code }) => Code)) ||
	[];

function inChunks<T>(all: T[], size: number): T[][] {
	return Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
		all.slice(n * size, (n + 1) * size),
	);
}
