import { randomUUID } from "node:crypto";
import {
	type AttributeValue,
	BatchGetItemCommand,
	BatchWriteItemCommand,
	DeleteItemCommand,
	DescribeTableCommand,
	DescribeTimeToLiveCommand,
	GetItemCommand,
	PutItemCommand,
	QueryCommand,
	type QueryCommandInput,
	ScanCommand,
	TransactWriteItemsCommand,
	UpdateItemCommand,
	type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TableServer, tableServers } from "./dynamodb-servers.ts";

type Item = Record<string, AttributeValue>;

describe.each(tableServers)("DynamoDB on $name", ({ start }) => {
	let server: TableServer;
	let TableName: string;
	beforeAll(async () => {
		server = await start();
		TableName = server.table;
	});
	afterAll(() => server.stop());

	/** Returns a key, by default in a partition that no other test uses. */
	const keyOf = (sk = "a", pk: string = randomUUID()) => ({ pk: { S: pk }, sk: { S: sk } });
	const send = ((command: never) => server.dynamodb.send(command)) as TableServer["dynamodb"]["send"];
	const put = (Item: Item, rest: object = {}) => send(new PutItemCommand({ TableName, Item, ...rest }));
	const get = async (Key: Item) => (await send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;
	const update = (Key: Item, rest: Partial<UpdateItemCommandInput>) =>
		send(new UpdateItemCommand({ TableName, Key, ...rest }));
	const query = (rest: Partial<QueryCommandInput>) => send(new QueryCommand({ TableName, ...rest }));
	const inPartition = (pk: string): Partial<QueryCommandInput> => ({
		KeyConditionExpression: "pk = :pk",
		ExpressionAttributeValues: { ":pk": { S: pk } },
	});
	const sortKeys = (items: Item[] | undefined) => items?.map(({ sk }) => sk?.S);

	test("returns every type of value as it was put", async () => {
		const item: Item = {
			...keyOf(),
			text: { S: "grüße" },
			none: { S: "" },
			number: { N: "12345678901234567890123456789012345678" },
			bytes: { B: new Uint8Array([0, 255, 128]) },
			yes: { BOOL: true },
			nothing: { NULL: true },
			words: { SS: ["a", "b"] },
			list: { L: [{ S: "x" }, { N: "-0.5" }, { M: { deep: { L: [] } } }] },
		};
		await put(item);
		expect(await get({ pk: item.pk as AttributeValue, sk: item.sk as AttributeValue })).toEqual(item);
	});

	test("replaces a whole item, and deletes a missing one without an error", async () => {
		const key = keyOf();
		await put({ ...key, a: { S: "1" }, b: { S: "2" } });
		const { Attributes } = await put({ ...key, a: { S: "3" } }, { ReturnValues: "ALL_OLD" });
		expect(Attributes).toEqual({ ...key, a: { S: "1" }, b: { S: "2" } });
		expect(await get(key)).toEqual({ ...key, a: { S: "3" } });
		await send(new DeleteItemCommand({ TableName, Key: key }));
		await send(new DeleteItemCommand({ TableName, Key: key }));
		expect(await get(key)).toBeUndefined();
	});

	test("projects the requested paths", async () => {
		const key = keyOf();
		await put({
			...key,
			a: { M: { x: { S: "1" }, y: { S: "2" } } },
			l: { L: [{ S: "0" }, { S: "1" }] },
			z: { S: "no" },
		});
		const { Item } = await send(
			new GetItemCommand({
				TableName,
				Key: key,
				ProjectionExpression: "#a.y, l[1], absent",
				ExpressionAttributeNames: { "#a": "a" },
			}),
		);
		expect(Item).toEqual({ a: { M: { y: { S: "2" } } }, l: { L: [{ S: "1" }] } });
	});

	test.each<[string, boolean]>([
		["attribute_exists(n)", true],
		["attribute_not_exists(n)", false],
		["attribute_not_exists(m.absent)", true],
		["n = :five", true],
		["n <> :five", false],
		["absent <> :five", true],
		["absent = :five", false],
		["absent < :five", false],
		["n < :ten", true],
		["n between :five and :ten", true],
		["n in (:ten, :five)", true],
		["begins_with(t, :he)", true],
		["contains(t, :he) and contains(s, :he)", false],
		["contains(s, :one)", true],
		["size(t) = :five", true],
		["size(s) < :five", true],
		["attribute_type(t, :string)", true],
		["m.deep = :he", true],
		["not n = :five or t = :he", false],
		["not (n = :ten) and (t = :he or n = :five)", true],
		["n = :ten and n = :ten or n = :five", true],
	])("%s is %s for the item", async (ConditionExpression, holds) => {
		const key = keyOf();
		await put({
			...key,
			n: { N: "5.0" },
			t: { S: "hello" },
			s: { SS: ["one", "two"] },
			m: { M: { deep: { S: "he" } } },
		});
		const values: Item = {
			":five": { N: "5" },
			":ten": { N: "10" },
			":he": { S: "he" },
			":one": { S: "one" },
			":string": { S: "S" },
		};
		const writing = send(
			new DeleteItemCommand({
				TableName,
				Key: key,
				ConditionExpression,
				ExpressionAttributeValues: usedValues(values, ConditionExpression),
			}),
		);
		if (holds) await writing;
		else {
			await expect(writing).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
		}
		expect(await get(key)).toEqual(holds ? undefined : expect.anything());
	});

	test("a failed condition returns the current item if the request asks for it", async () => {
		const key = keyOf();
		await put({ ...key, a: { S: "here" } });
		await expect(
			put(key, { ConditionExpression: "attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
		).rejects.toMatchObject({ name: "ConditionalCheckFailedException", Item: { ...key, a: { S: "here" } } });
	});

	test("an update creates a missing item and computes from current values", async () => {
		const key = keyOf();
		const change: Partial<UpdateItemCommandInput> = {
			UpdateExpression:
				"SET a = if_not_exists(a, :zero) + :one, l = list_append(if_not_exists(l, :none), :more), previous = if_not_exists(a, :zero) REMOVE gone ADD c :one, s :words",
			ExpressionAttributeValues: {
				":zero": { N: "0" },
				":one": { N: "0.1" },
				":none": { L: [] },
				":more": { L: [{ S: "x" }] },
				":words": { SS: ["w"] },
			},
			ReturnValues: "ALL_NEW",
		};
		await update(key, change);
		await update(key, change);
		const { Attributes } = await update(key, change);
		expect(Attributes).toEqual({
			...key,
			a: { N: "0.3" },
			previous: { N: "0.2" },
			l: { L: [{ S: "x" }, { S: "x" }, { S: "x" }] },
			c: { N: "0.3" },
			s: { SS: ["w"] },
		});
	});

	test("an update reaches into documents, lists and sets", async () => {
		const key = keyOf();
		await put({
			...key,
			m: { M: { keep: { S: "1" }, dropped: { S: "2" } } },
			l: { L: [{ S: "0" }, { S: "1" }, { S: "2" }] },
			s: { SS: ["a", "b"] },
			all: { SS: ["a"] },
		});
		await update(key, {
			UpdateExpression: "SET m.#new = :v REMOVE m.dropped, l[0], l[1] DELETE s :a, #all :a",
			ExpressionAttributeNames: { "#new": "new", "#all": "all" },
			ExpressionAttributeValues: { ":v": { BOOL: false }, ":a": { SS: ["a"] } },
		});
		expect(await get(key)).toEqual({
			...key,
			m: { M: { keep: { S: "1" }, new: { BOOL: false } } },
			l: { L: [{ S: "2" }] },
			s: { SS: ["b"] },
		});
	});

	test.each<[string, Partial<UpdateItemCommandInput>]>([
		["a part of the key", { UpdateExpression: "SET sk = :v", ExpressionAttributeValues: { ":v": { S: "x" } } }],
		[
			"overlapping paths",
			{ UpdateExpression: "SET a = :v, a.b = :v", ExpressionAttributeValues: { ":v": { S: "x" } } },
		],
		["a missing parent", { UpdateExpression: "SET a.b = :v", ExpressionAttributeValues: { ":v": { S: "x" } } }],
		["a missing operand", { UpdateExpression: "SET a = b" }],
		["a reserved word", { UpdateExpression: "SET status = :v", ExpressionAttributeValues: { ":v": { S: "x" } } }],
		["an undefined name", { UpdateExpression: "REMOVE #a" }],
		["an undefined value", { UpdateExpression: "SET a = :v" }],
		["an unused name", { UpdateExpression: "REMOVE a", ExpressionAttributeNames: { "#a": "x" } }],
		["an empty expression", { UpdateExpression: "" }],
		["a section twice", { UpdateExpression: "REMOVE a REMOVE b" }],
		["adding to text", { UpdateExpression: "SET a = :v + :v", ExpressionAttributeValues: { ":v": { S: "x" } } }],
	])("an update with %s is refused", async (_name, rest) => {
		await expect(update(keyOf(), rest)).rejects.toMatchObject({ name: "ValidationException" });
	});

	test.each<[string, Item]>([
		["no sort key", { pk: { S: "x" } }],
		["an empty key", { pk: { S: "" }, sk: { S: "x" } }],
		["a number as key", { pk: { S: "x" }, sk: { N: "1" } }],
		["more than 400 KB", { pk: { S: "x" }, sk: { S: "x" }, a: { S: "x".repeat(400 * 1024) } }],
		["a sort key of more than 1,024 bytes", { pk: { S: "x" }, sk: { S: "ü".repeat(513) } }],
	])("an item with %s is refused", async (_name, item) => {
		await expect(put(item)).rejects.toMatchObject({ name: "ValidationException" });
	});

	test("a key with attributes other than the table's is refused", async () => {
		await expect(get({ pk: { S: "x" } })).rejects.toMatchObject({ name: "ValidationException" });
	});

	test.each([
		["sk > :x", ["c", "d"]],
		["sk >= :x", ["b", "c", "d"]],
		["sk < :x", ["A", "a"]],
		["sk <= :x", ["A", "a", "b"]],
		["sk = :x", ["b"]],
		["sk between :x and :y", ["b", "c"]],
		["begins_with(sk, :x)", ["b"]],
	])("a query where %s reads in the order of bytes", async (condition, expected) => {
		const pk = `query-${condition}`;
		for (const sk of ["d", "b", "A", "c", "a"]) await put(keyOf(sk, pk));
		await put(keyOf("b", `${pk}-other`));
		const { Items, Count } = await query({
			KeyConditionExpression: `pk = :pk and ${condition}`,
			ExpressionAttributeValues: {
				":pk": { S: pk },
				":x": { S: "b" },
				...(condition.includes(":y") && { ":y": { S: "c" } }),
			},
			ConsistentRead: true,
		});
		expect(sortKeys(Items)).toEqual(expected);
		expect(Count).toBe(expected.length);
	});

	test("a query is read page by page, backwards and filtered", async () => {
		const pk = "pages";
		for (let n = 0; n < 7; n += 1) {
			await put({ ...keyOf(`${n}`, pk), odd: { BOOL: n % 2 === 1 } });
		}
		const pages: (string | undefined)[][] = [];
		let ExclusiveStartKey: Item | undefined;
		do {
			const page = await query({
				...inPartition(pk),
				ExpressionAttributeValues: { ":pk": { S: pk }, ":yes": { BOOL: true } },
				FilterExpression: "odd = :yes",
				ScanIndexForward: false,
				Limit: 3,
				ExclusiveStartKey,
			});
			pages.push(sortKeys(page.Items) ?? []);
			expect(page.ScannedCount).toBeLessThanOrEqual(3);
			ExclusiveStartKey = page.LastEvaluatedKey;
		} while (ExclusiveStartKey);
		expect(pages).toEqual([["5"], ["3", "1"], []]);
	});

	test("a page ends at 1 MB", async () => {
		const pk = "big";
		for (let n = 0; n < 5; n += 1) {
			await put({ ...keyOf(`${n}`, pk), a: { S: "x".repeat(300_000) } });
		}
		const firstPage = await query(inPartition(pk));
		expect(firstPage.Items?.length).toBeLessThan(5);
		const secondPage = await query({ ...inPartition(pk), ExclusiveStartKey: firstPage.LastEvaluatedKey });
		expect(sortKeys([...(firstPage.Items ?? []), ...(secondPage.Items ?? [])])).toEqual(["0", "1", "2", "3", "4"]);
		expect(secondPage.LastEvaluatedKey).toBeUndefined();
	});

	test("an index has the items that carry its keys, in its order, in their current state", async () => {
		const owner = "index-owner";
		const indexed = (sk: string, at: string) => ({ ...keyOf(sk, "indexed"), gsi1pk: { S: owner }, gsi1sk: { S: at } });
		await put(indexed("a", "2"));
		await put(indexed("b", "1"));
		await put(indexed("c", "1"));
		await put(indexed("d", "3"));
		await put({ ...keyOf("e", "indexed"), gsi1pk: { S: owner } });
		await put(indexed("d", "0"));
		await update(keyOf("c", "indexed"), { UpdateExpression: "REMOVE gsi1sk" });
		const listed: (string | undefined)[] = [];
		let ExclusiveStartKey: Item | undefined;
		do {
			const page = await query({
				IndexName: "gsi1",
				KeyConditionExpression: "gsi1pk = :owner",
				ExpressionAttributeValues: { ":owner": { S: owner } },
				Limit: 2,
				ExclusiveStartKey,
			});
			listed.push(...(sortKeys(page.Items) ?? []));
			ExclusiveStartKey = page.LastEvaluatedKey;
		} while (ExclusiveStartKey);
		expect(listed).toEqual(["d", "b", "a"]);
		const { Items } = await send(new ScanCommand({ TableName, IndexName: "gsi1" }));
		expect(sortKeys(Items)?.sort()).toEqual(["a", "b", "d"]);
	});

	test.each<[string, Partial<QueryCommandInput>]>([
		["without its partition", { KeyConditionExpression: "sk = :x" }],
		["by part of a partition", { KeyConditionExpression: "begins_with(pk, :x)" }],
		["by another attribute", { KeyConditionExpression: "pk = :x and a = :x" }],
		["consistent on an index", { IndexName: "gsi1", KeyConditionExpression: "gsi1pk = :x", ConsistentRead: true }],
	])("a query %s is refused", async (_name, rest) => {
		await expect(query({ ExpressionAttributeValues: { ":x": { S: "x" } }, ...rest })).rejects.toMatchObject({
			name: "ValidationException",
		});
	});

	test("batches write and read many items, without the missing ones", async () => {
		const keys = Array.from({ length: 25 }, (_, n) => keyOf(`${n}`, "batch"));
		await put({ ...keyOf("25", "batch") });
		await send(
			new BatchWriteItemCommand({
				RequestItems: {
					[TableName]: [
						...keys.slice(1).map((Item) => ({ PutRequest: { Item } })),
						{ DeleteRequest: { Key: keyOf("25", "batch") } },
					],
				},
			}),
		);
		const { Responses, UnprocessedKeys } = await send(
			new BatchGetItemCommand({
				RequestItems: { [TableName]: { Keys: [...keys, keyOf("25", "batch")], ConsistentRead: true } },
			}),
		);
		expect(UnprocessedKeys).toEqual({});
		expect(sortKeys(Responses?.[TableName])?.sort()).toEqual(
			keys
				.slice(1)
				.map(({ sk }) => sk.S)
				.sort(),
		);
	});

	test("a batch with too many keys or a repeated key is refused", async () => {
		const keys = Array.from({ length: 101 }, (_, n) => keyOf(`${n}`, "batch"));
		for (const Keys of [keys, [keys[0], keys[0]] as Item[]]) {
			await expect(send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys } } }))).rejects.toMatchObject({
				name: "ValidationException",
			});
		}
	});

	test("keys beyond 16 MB of response are unprocessed", async () => {
		const keys = Array.from({ length: 45 }, (_, n) => keyOf(`${n}`, "huge"));
		const a = { S: "x".repeat(390_000) };
		for (const key of keys) await put({ ...key, a });
		const { Responses, UnprocessedKeys } = await send(
			new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys } } }),
		);
		const unprocessed = UnprocessedKeys?.[TableName]?.Keys ?? [];
		expect(unprocessed.length).toBeGreaterThan(0);
		expect((Responses?.[TableName]?.length ?? 0) + unprocessed.length).toBe(45);
	});

	test("a transaction writes all or nothing and names the failed condition", async () => {
		const [created, updated, checked] = [keyOf(), keyOf(), keyOf()];
		await put({ ...updated, n: { N: "1" } });
		const transact = (minimum: string) =>
			send(
				new TransactWriteItemsCommand({
					TransactItems: [
						{ Put: { TableName, Item: created } },
						{
							Update: {
								TableName,
								Key: updated,
								UpdateExpression: "ADD n :one",
								ConditionExpression: "n >= :minimum",
								ExpressionAttributeValues: { ":one": { N: "1" }, ":minimum": { N: minimum } },
							},
						},
						{ ConditionCheck: { TableName, Key: checked, ConditionExpression: "attribute_not_exists(pk)" } },
					],
				}),
			);
		await expect(transact("5")).rejects.toMatchObject({
			name: "TransactionCanceledException",
			CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed" }, { Code: "None" }],
		});
		expect(await get(created)).toBeUndefined();
		await transact("1");
		expect(await get(created)).toEqual(created);
		expect(await get(updated)).toEqual({ ...updated, n: { N: "2" } });
		expect(await get(checked)).toBeUndefined();
	});

	test("a transaction that names an item twice is refused", async () => {
		const Item = keyOf();
		await expect(
			send(
				new TransactWriteItemsCommand({
					TransactItems: [{ Put: { TableName, Item } }, { Delete: { TableName, Key: Item } }],
				}),
			),
		).rejects.toMatchObject({ name: "ValidationException" });
	});

	test("an expired item is read until it is removed", async () => {
		const item = { ...keyOf(), expires_at: { N: "1000000000" } };
		await put(item);
		expect(await get({ pk: item.pk, sk: item.sk })).toEqual(item);
	});

	test("describes the table", async () => {
		const { Table } = await send(new DescribeTableCommand({ TableName }));
		expect(Table).toMatchObject({ TableName, TableStatus: "ACTIVE", GlobalSecondaryIndexes: [{ IndexName: "gsi1" }] });
		const { TimeToLiveDescription } = await send(new DescribeTimeToLiveCommand({ TableName }));
		expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: "ENABLED", AttributeName: "expires_at" });
		await expect(send(new DescribeTableCommand({ TableName: "none" }))).rejects.toMatchObject({
			name: "ResourceNotFoundException",
		});
	});
});

/** Returns the values that the expression uses: DynamoDB refuses unused ones. */
function usedValues(values: Item, expression: string): Item | undefined {
	const used = Object.entries(values).filter(([name]) => expression.includes(name));
	return used.length > 0 ? Object.fromEntries(used) : undefined;
}
