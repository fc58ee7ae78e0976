import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { readCondition } from "./conditions.ts";
import { validation } from "./errors.ts";
import { attributes, expressions, selectKey, TableName } from "./items.ts";
import { type KeyRange, readKeyCondition } from "./key-conditions.ts";
import { indexKey, type KeyNames, keyOf, readKey } from "./keys.ts";
import { readProjection } from "./projections.ts";
import type { Position } from "./read-statement.ts";
import { Placeholders } from "./reader.ts";
import type { Table, Tables } from "./store.ts";
import type { Item } from "./values.ts";

/** Limits what a page reads, filtered out or not. */
const maxPageBytes = 1024 * 1024;

const page = {
	TableName,
	IndexName: z.string().optional(),
	ConsistentRead: z.boolean().optional(),
	ExclusiveStartKey: attributes.optional(),
	FilterExpression: z.string().optional(),
	Limit: z.int().min(1).optional(),
	ProjectionExpression: z.string().optional(),
	Select: z.enum(["ALL_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES"]).optional(),
	...expressions,
};
type Page = z.infer<z.ZodObject<typeof page>>;

/** The operations that read many items, page by page. */
export const queryOperations = (tables: Tables) => ({
	Query: operation(
		{
			...page,
			KeyConditionExpression: z.string(),
			ScanIndexForward: z.boolean().default(true),
		},
		(request) => {
			const placeholders = new Placeholders(request);
			const target = resolveTarget(tables.table(request.TableName), request);
			const range = readKeyCondition(request.KeyConditionExpression, target.names, placeholders);
			return readPage(tables, target, request, placeholders, {
				...range,
				forward: request.ScanIndexForward,
			});
		},
	),
	Scan: operation(page, (request) =>
		readPage(tables, resolveTarget(tables.table(request.TableName), request), request, new Placeholders(request), {
			matches: () => true,
			forward: true,
		}),
	),
});

interface Target {
	table: Table;
	index: string | undefined;
	names: KeyNames;
}

function resolveTarget(table: Table, request: Page): Target {
	const index = request.IndexName;
	if (index === undefined) return { table, index, names: table.key };
	const names = table.indexes[index];
	if (!names) {
		throw validation(`The table does not have the specified index: ${index}`);
	}
	if (request.ConsistentRead) {
		throw validation("Consistent reads are not supported on global secondary indexes");
	}
	return { table, index, names };
}

function readPage(
	tables: Tables,
	target: Target,
	request: Page,
	placeholders: Placeholders,
	range: Omit<KeyRange, "hash"> & { hash?: string; forward: boolean },
) {
	const passes =
		request.FilterExpression !== undefined
			? readCondition(
					request.FilterExpression,
					"FilterExpression",
					placeholders,
					// A scan has no key condition, so its filter may name key attributes.
					range.hash === undefined ? [] : [target.names.hash, target.names.range],
				)
			: () => true;
	const project = readProjection(request, placeholders);
	placeholders.requireAllUsed();
	const after = request.ExclusiveStartKey && parseStartKey(target, request.ExclusiveStartKey);
	const items: Item[] = [];
	let scanned = 0;
	let bytes = 0;
	let last: Item | undefined;
	for (const { position, item, size } of tables.read(target.table, target.index, {
		...range,
		after,
	})) {
		if (!range.matches(position.range)) continue;
		if (last && bytes + size > maxPageBytes) {
			return response(last);
		}
		bytes += size;
		scanned += 1;
		last = item;
		if (passes(item)) items.push(project(item));
		// A page that ends at its limit has a LastEvaluatedKey even if nothing follows.
		if (scanned === request.Limit) return response(last);
	}
	return response(undefined);

	function response(end: Item | undefined) {
		return {
			...(request.Select !== "COUNT" && { Items: items }),
			Count: items.length,
			ScannedCount: scanned,
			...(end && { LastEvaluatedKey: startKey(target, end) }),
		};
	}
}

/** Returns the key from which the next page starts; in an index it includes the primary key. */
function startKey({ table, names }: Target, item: Item): Item {
	return {
		...selectKey(table, item),
		...Object.fromEntries([names.hash, names.range].map((name) => [name, item[name] ?? { S: "" }])),
	};
}

function parseStartKey({ table, index, names }: Target, raw: unknown): Position {
	const invalid = () => validation("The provided starting key is invalid");
	const startKey = raw as Item;
	const keyNames = new Set([table.key.hash, table.key.range, names.hash, names.range]);
	if (Object.keys(startKey).length !== keyNames.size || !Object.keys(startKey).every((name) => keyNames.has(name))) {
		throw invalid();
	}
	const key = readKey(
		table,
		Object.fromEntries([table.key.hash, table.key.range].map((name) => [name, startKey[name]])),
	);
	const own = keyOf(table, key);
	const position = index === undefined ? { hash: own.pk, range: own.sk } : indexKey(startKey, index, names);
	if (!position) throw invalid();
	return { ...position, ...own };
}
