import {
	DeleteCommand,
	type DynamoDBDocumentClient,
	GetCommand,
	PutCommand,
	QueryCommand,
	type QueryCommandInput,
	ScanCommand,
	TransactWriteCommand,
	type TransactWriteCommandInput,
	UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { batchGet, batchWrite } from "./batches.ts";
import type { Key } from "./keys.ts";
import { retryConflicts, unlessConditionFails } from "./retries.ts";

/** A condition or an update, with the names and values of its placeholders. */
export interface Expression {
	text: string;
	names?: Record<string, string>;
	values?: Record<string, unknown>;
}

/** The index that lists sessions. */
const indexName = "gsi1";

/** Sort keys with a prefix, or between two keys that are both included. */
type SortKeyRange = { prefix: string } | { from: string; to: string };

interface QueryOptions {
	newestFirst?: boolean;
	pageSize?: number | undefined;
	keysOnly?: boolean;
}

/** The single table. Reads are consistent, pages are followed, and conflicts with transactions are retried. */
export class Table {
	readonly name: string;
	readonly #client: Pick<DynamoDBDocumentClient, "send">;

	constructor(client: Pick<DynamoDBDocumentClient, "send">, name: string) {
		this.#client = client;
		this.name = name;
	}

	async get<Item extends Key>(key: Key): Promise<Item | undefined> {
		const { Item } = await this.#client.send(new GetCommand({ TableName: this.name, Key: key, ConsistentRead: true }));
		return Item as Item | undefined;
	}

	/** @returns the items that exist, in no order @throws UnprocessedItems */
	getMany<Item extends Key>(keys: Key[]): Promise<Item[]> {
		return batchGet(this.#client, this.name, keys);
	}

	/** @returns false if the condition failed */
	async put(item: Key, condition?: Expression): Promise<boolean> {
		const output = await unlessConditionFails(
			retryConflicts(() =>
				this.#client.send(
					new PutCommand({
						TableName: this.name,
						Item: item,
						...conditionParameters(condition),
					}),
				),
			),
		);
		return output !== undefined;
	}

	/** Puts items in no order, each on its own. @throws UnprocessedItems */
	putMany(items: Key[]): Promise<void> {
		return batchWrite(
			this.#client,
			this.name,
			items.map((Item) => ({ PutRequest: { Item } })),
		);
	}

	/** @returns the item after the update, undefined if the condition failed */
	async update<Item extends Key>(key: Key, update: Expression, condition: Expression): Promise<Item | undefined> {
		const output = await unlessConditionFails(
			retryConflicts(() =>
				this.#client.send(
					new UpdateCommand({
						TableName: this.name,
						Key: key,
						UpdateExpression: update.text,
						...conditionParameters({
							text: condition.text,
							names: { ...update.names, ...condition.names },
							values: { ...update.values, ...condition.values },
						}),
						ReturnValues: "ALL_NEW",
					}),
				),
			),
		);
		return output?.Attributes as Item | undefined;
	}

	async delete(key: Key): Promise<void> {
		await retryConflicts(() => this.#client.send(new DeleteCommand({ TableName: this.name, Key: key })));
	}

	/** Deletes items in no order, each on its own. @throws UnprocessedItems */
	deleteMany(keys: Key[]): Promise<void> {
		return batchWrite(
			this.#client,
			this.name,
			keys.map((Key) => ({ DeleteRequest: { Key } })),
		);
	}

	/** Carries out all writes or none. @returns false if a condition failed */
	async transactWrite(writes: TransactWriteCommandInput["TransactItems"]): Promise<boolean> {
		const output = await unlessConditionFails(
			retryConflicts(() => this.#client.send(new TransactWriteCommand({ TransactItems: writes }))),
		);
		return output !== undefined;
	}

	/** Reads a range of a partition, page by page. */
	query<Item extends Key>(
		pk: string,
		range: SortKeyRange,
		{ newestFirst = false, pageSize, keysOnly = false }: QueryOptions = {},
	): AsyncGenerator<Item[]> {
		const { text, values } = rangeCondition(range);
		return this.#queryPages({
			ConsistentRead: true,
			KeyConditionExpression: `#pk = :pk${text}`,
			...(keysOnly && { ProjectionExpression: "#pk, #sk" }),
			ExpressionAttributeNames: {
				"#pk": "pk",
				...((text || keysOnly) && { "#sk": "sk" }),
			},
			ExpressionAttributeValues: { ":pk": pk, ...values },
			ScanIndexForward: !newestFirst,
			Limit: pageSize,
		});
	}

	/** Reads a partition of the index, newest first. An index is eventually consistent. */
	queryIndex<Item extends Key>(gsi1pk: string, pageSize?: number): AsyncGenerator<Item[]> {
		return this.#queryPages({
			IndexName: indexName,
			KeyConditionExpression: "#pk = :pk",
			ExpressionAttributeNames: { "#pk": "gsi1pk" },
			ExpressionAttributeValues: { ":pk": gsi1pk },
			ScanIndexForward: false,
			Limit: pageSize,
		});
	}

	/** Reads one attribute of every item in the index, which are the sessions of all owners. */
	async *scanIndex<Name extends string, Value>(attribute: Name): AsyncGenerator<Record<Name, Value>[]> {
		let ExclusiveStartKey: Record<string, unknown> | undefined;
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
			yield (page.Items ?? []) as Record<Name, Value>[];
			ExclusiveStartKey = page.LastEvaluatedKey;
		} while (ExclusiveStartKey);
	}

	async *#queryPages<Item>(input: Omit<QueryCommandInput, "TableName" | "ExclusiveStartKey">): AsyncGenerator<Item[]> {
		let ExclusiveStartKey: Record<string, unknown> | undefined;
		do {
			const page = await this.#client.send(new QueryCommand({ TableName: this.name, ...input, ExclusiveStartKey }));
			yield (page.Items ?? []) as Item[];
			ExclusiveStartKey = page.LastEvaluatedKey;
		} while (ExclusiveStartKey);
	}
}

function rangeCondition(range: SortKeyRange): Expression {
	if ("from" in range) {
		return {
			text: " and #sk between :from and :to",
			values: { ":from": range.from, ":to": range.to },
		};
	}
	return range.prefix
		? {
				text: " and begins_with(#sk, :prefix)",
				values: { ":prefix": range.prefix },
			}
		: { text: "" };
}

/** DynamoDB refuses empty maps of names and values. */
function conditionParameters(condition: Expression | undefined) {
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
