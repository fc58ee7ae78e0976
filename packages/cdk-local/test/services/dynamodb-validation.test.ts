import {
	type AttributeValue,
	BatchWriteItemCommand,
	DynamoDBClient,
	GetItemCommand,
	ListTablesCommand,
	PutItemCommand,
	QueryCommand,
	type QueryCommandInput,
	TransactWriteItemsCommand,
	UpdateItemCommand,
	type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { useApis } from "./apis.ts";

// AWS documents these rules; moto 5, on which dynamodb.test.ts also runs, lacks them.

const TableName = "table";
const definition = {
	key: { hash: "pk", range: "sk" },
	indexes: { gsi1: { hash: "gsi1pk", range: "gsi1sk" } },
	timeToLive: "expires_at",
};
const key = { pk: { S: "x" }, sk: { S: "x" } };
const refusal = { name: "ValidationException" };

const apis = await useApis();
apis.tables.ensure(TableName, definition);
const client = new DynamoDBClient(apis.client);

const put = (item: Record<string, AttributeValue>) =>
	client.send(new PutItemCommand({ TableName, Item: { ...key, ...item } }));
const get = async () => (await client.send(new GetItemCommand({ TableName, Key: key }))).Item;
const update = (rest: Partial<UpdateItemCommandInput>) =>
	client.send(new UpdateItemCommand({ TableName, Key: key, ...rest }));

describe("refuses", () => {
	test("a value or name that no expression uses", async () => {
		const remove = { UpdateExpression: "REMOVE a" };
		await expect(update({ ...remove, ExpressionAttributeValues: { ":v": { S: "x" } } })).rejects.toMatchObject({
			...refusal,
			message: "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
		});
		await expect(update({ ...remove, ExpressionAttributeNames: { "#a": "b" } })).rejects.toMatchObject(refusal);
	});

	test("an index key that is a number or empty", async () => {
		for (const gsi1pk of [{ N: "1" }, { S: "" }]) {
			await expect(put({ gsi1pk, gsi1sk: { S: "x" } })).rejects.toMatchObject(refusal);
		}
	});

	test.each<[string, Partial<QueryCommandInput>]>([
		["filtered by a part of the key", { KeyConditionExpression: "pk = :x", FilterExpression: "sk = :x" }],
		["on an unknown index", { IndexName: "none", KeyConditionExpression: "gsi1pk = :x" }],
		["with an expression cut short", { KeyConditionExpression: "pk = :x and" }],
		[
			"from a start key without the index's attributes",
			{ IndexName: "gsi1", KeyConditionExpression: "gsi1pk = :x", ExclusiveStartKey: key },
		],
	])("a query %s", async (_name, rest) => {
		await expect(
			client.send(new QueryCommand({ TableName, ExpressionAttributeValues: { ":x": { S: "x" } }, ...rest })),
		).rejects.toMatchObject(refusal);
	});

	test("more than 25 writes in a batch, or two to one item", async () => {
		const writes = Array.from({ length: 26 }, (_, n) => ({
			PutRequest: { Item: { pk: { S: "batch" }, sk: { S: `${n}` } } },
		}));
		for (const requests of [writes, [writes[0], writes[0]] as typeof writes]) {
			await expect(
				client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: requests } })),
			).rejects.toMatchObject(refusal);
		}
	});

	test.each(["1e126", "1e-131", `1.${"1".repeat(38)}`, "five", ""])("%s as a number", async (N) => {
		await expect(put({ n: { N } })).rejects.toMatchObject(refusal);
	});

	test("an unknown operation or parameter, by name", async () => {
		await expect(client.send(new ListTablesCommand({}))).rejects.toThrow(
			/DynamoDB_20120810.ListTables is not implemented/,
		);
		await expect(
			client.send(new GetItemCommand({ TableName, Key: key, ReturnConsumedCapacity: "TOTAL" })),
		).rejects.toThrow(/ReturnConsumedCapacity is not implemented/);
	});
});

test.each([
	["0.30", "0.3"],
	["-0", "0"],
	["+1.50E+3", "1500"],
	["1e-3", "0.001"],
	[`9.${"9".repeat(37)}e125`, `${"9".repeat(38)}${"0".repeat(88)}`],
])("the number %s comes back as %s", async (written, read) => {
	await put({ n: { N: written } });
	expect((await get())?.n).toEqual({ N: read });
});

test("numbers are decimals, computed without rounding", async () => {
	await put({ n: { N: "0.1" } });
	await update({
		UpdateExpression: "SET n = n + :v",
		ExpressionAttributeValues: { ":v": { N: "1234567890123456789012345678901234567" } },
	});
	expect((await get())?.n).toEqual({ N: "1234567890123456789012345678901234567.1" });
});

test("text and numbers cannot be compared", async () => {
	await put({ t: { S: "1" } });
	await expect(
		update({
			UpdateExpression: "REMOVE t",
			ConditionExpression: "t < :ten or t >= :ten",
			ExpressionAttributeValues: { ":ten": { N: "10" } },
		}),
	).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
});

test("a repeated transaction with the same token writes once, and fails if its writes differ", async () => {
	await put({ n: { N: "1" } });
	const add = (amount: string) =>
		client.send(
			new TransactWriteItemsCommand({
				ClientRequestToken: "the-same-token",
				TransactItems: [
					{
						Update: {
							TableName,
							Key: key,
							UpdateExpression: "ADD n :amount",
							ExpressionAttributeValues: { ":amount": { N: amount } },
						},
					},
				],
			}),
		);
	await add("1");
	await add("1");
	expect((await get())?.n).toEqual({ N: "2" });
	await expect(add("2")).rejects.toMatchObject({ name: "IdempotentParameterMismatchException" });
	apis.passSeconds(601);
	await add("1");
	apis.resetClock();
	expect((await get())?.n).toEqual({ N: "3" });
});

test("an expired item is removed after an hour, unless it expired more than five years ago", async () => {
	const nowSeconds = Math.floor(Date.now() / 1_000);
	const remains = async (expires_at: AttributeValue, later: number) => {
		await put({ expires_at });
		apis.passSeconds(later);
		apis.tables.removeExpired();
		apis.resetClock();
		return (await get()) !== undefined;
	};
	expect(await remains({ N: `${nowSeconds + 60}` }, 120)).toBe(true);
	expect(await remains({ N: `${nowSeconds + 60}` }, 7_200)).toBe(false);
	expect(await remains({ N: `${nowSeconds + 60_000}` }, 7_200)).toBe(true);
	expect(await remains({ S: `${nowSeconds + 60}` }, 7_200)).toBe(true);
	expect(await remains({ N: "1000000" }, 0)).toBe(true);
});

test("an index that a template adds later contains the existing items", async () => {
	const name = "grows";
	apis.tables.ensure(name, { ...definition, indexes: {} });
	const Item = { ...key, gsi1pk: { S: "o" }, gsi1sk: { S: "1" } };
	await client.send(new PutItemCommand({ TableName: name, Item }));
	apis.tables.ensure(name, definition);
	const { Items } = await client.send(
		new QueryCommand({
			TableName: name,
			IndexName: "gsi1",
			KeyConditionExpression: "gsi1pk = :o",
			ExpressionAttributeValues: { ":o": { S: "o" } },
		}),
	);
	expect(Items).toEqual([Item]);
	expect(() => apis.tables.ensure(name, { ...definition, key: { hash: "id", range: "sk" } })).toThrow(
		/a key cannot change.*delete the state folder/,
	);
});
