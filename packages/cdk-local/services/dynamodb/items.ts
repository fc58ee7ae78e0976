import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { notImplemented } from "../../endpoint/types.ts";
import { readCondition } from "./conditions.ts";
import { conditionFailed, invalidValue } from "./errors.ts";
import { readKey } from "./keys.ts";
import { readProjection } from "./projections.ts";
import { Placeholders } from "./reader.ts";
import type { Table, Tables } from "./store.ts";
import { readUpdate } from "./updates.ts";
import { type Item, readItem } from "./values.ts";

/** Parameters of many operations; items are parsed later, with DynamoDB's own errors. */
export const TableName = z.string();
export const attributes = z.record(z.string(), z.unknown());
export const names = { ExpressionAttributeNames: z.record(z.string(), z.string()).optional() };
export const expressions = { ...names, ExpressionAttributeValues: attributes.optional() };
export const condition = {
	...expressions,
	ConditionExpression: z.string().optional(),
	ReturnValuesOnConditionCheckFailure: z.enum(["NONE", "ALL_OLD"]).optional(),
};
const write = { TableName, ...condition };

const returnValues = (allowed: string[]) =>
	z
		.string()
		.default("NONE")
		.transform((value) => {
			if (!allowed.includes(value)) {
				throw notImplemented(`ReturnValues: ${value}`);
			}
			return value;
		});

/** A write to one item. */
export interface Write {
	table: Table;
	key: Item;
	/** Returns the new item from the current one; undefined is no item. @throws AwsError `ConditionalCheckFailedException` */
	apply(item: Item | undefined): Item | undefined;
}

type Conditional = z.infer<z.ZodObject<typeof condition>>;

export function putWrite(tables: Tables, request: Conditional & { TableName: string; Item: unknown }): Write {
	const table = tables.table(request.TableName);
	const item = readItem(request.Item);
	const check = compileCheck(request);
	return {
		table,
		key: selectKey(table, item),
		apply(before) {
			check(before);
			return item;
		},
	};
}

const keyedWrite =
	(result: (before: Item | undefined) => Item | undefined) =>
	(tables: Tables, request: Conditional & { TableName: string; Key: unknown }): Write => {
		const table = tables.table(request.TableName);
		const check = compileCheck(request);
		return {
			table,
			key: readKey(table, request.Key),
			apply(before) {
				check(before);
				return result(before);
			},
		};
	};

export const deleteWrite = keyedWrite(() => undefined);
/** Only checks its condition. */
export const checkWrite = keyedWrite((before) => before);

export function updateWrite(
	tables: Tables,
	request: Conditional & { TableName: string; Key: unknown; UpdateExpression?: string | undefined },
): Write {
	const table = tables.table(request.TableName);
	const key = readKey(table, request.Key);
	const placeholders = new Placeholders(request);
	const update =
		request.UpdateExpression !== undefined ? readUpdate(request.UpdateExpression, placeholders) : undefined;
	const check = compileCheck(request, placeholders);
	for (const name of Object.keys(key)) {
		if (update?.attributes.has(name)) {
			throw invalidValue(`Cannot update attribute ${name}. This attribute is part of the key`);
		}
	}
	return {
		table,
		key,
		apply(before) {
			check(before);
			const item = before ?? key;
			return update ? update.apply(item) : item;
		},
	};
}

/** Compiles the condition into a check of the current item. */
function compileCheck(
	request: Conditional,
	placeholders = new Placeholders(request),
): (before: Item | undefined) => void {
	const isMet =
		request.ConditionExpression !== undefined
			? readCondition(request.ConditionExpression, "ConditionExpression", placeholders)
			: () => true;
	placeholders.requireAllUsed();
	return (before) => {
		if (isMet(before ?? {})) return;
		const showsItem = request.ReturnValuesOnConditionCheckFailure === "ALL_OLD";
		throw conditionFailed(showsItem ? before : undefined);
	};
}

/** Applies a write. @returns the item before and after */
export function applyWrite(
	tables: Tables,
	{ table, key, apply }: Write,
): { before: Item | undefined; after: Item | undefined } {
	return tables.transaction(() => {
		const before = tables.get(table, key);
		const after = apply(before);
		if (after) tables.put(table, after);
		else if (before) tables.delete(table, key);
		return { before, after };
	});
}

/** Selects the key's attributes of an item. @throws AwsError `ValidationException` if one is missing */
export function selectKey(table: Table, item: Item): Item {
	const { hash, range } = table.key;
	return Object.fromEntries(
		[hash, range].map((name) => {
			const value = item[name];
			if (!value) throw invalidValue(`Missing the key ${name} in the item`);
			return [name, value];
		}),
	);
}

/** The operations on one item. */
export const itemOperations = (tables: Tables) => ({
	GetItem: operation(
		{
			TableName,
			Key: attributes,
			// Every read is consistent.
			ConsistentRead: z.boolean().optional(),
			ProjectionExpression: z.string().optional(),
			...names,
		},
		(request) => {
			const table = tables.table(request.TableName);
			const placeholders = new Placeholders(request);
			const project = readProjection(request, placeholders);
			placeholders.requireAllUsed();
			const item = tables.get(table, readKey(table, request.Key));
			return item ? { Item: project(item) } : {};
		},
	),
	PutItem: operation({ ...write, Item: attributes, ReturnValues: returnValues(["NONE", "ALL_OLD"]) }, (request) => {
		const { before } = applyWrite(tables, putWrite(tables, request));
		return request.ReturnValues === "ALL_OLD" && before ? { Attributes: before } : {};
	}),
	UpdateItem: operation(
		{
			...write,
			Key: attributes,
			UpdateExpression: z.string().optional(),
			ReturnValues: returnValues(["NONE", "ALL_OLD", "ALL_NEW"]),
		},
		(request) => {
			const { before, after } = applyWrite(tables, updateWrite(tables, request));
			const returned = { NONE: undefined, ALL_OLD: before, ALL_NEW: after };
			const Attributes = returned[request.ReturnValues as keyof typeof returned];
			return Attributes ? { Attributes } : {};
		},
	),
	DeleteItem: operation({ ...write, Key: attributes, ReturnValues: returnValues(["NONE", "ALL_OLD"]) }, (request) => {
		const { before } = applyWrite(tables, deleteWrite(tables, request));
		return request.ReturnValues === "ALL_OLD" && before ? { Attributes: before } : {};
	}),
});
