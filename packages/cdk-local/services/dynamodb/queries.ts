import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { readCondition } from "./conditions.ts";
import { validation } from "./errors.ts";
import { attributes, expressions, onlyKey, TableName } from "./items.ts";
import { type KeyRange, readKeyCondition } from "./key-conditions.ts";
import { indexKey, type KeyNames, keyOf, readKey } from "./keys.ts";
import { readProjection } from "./projections.ts";
import { Placeholders } from "./reader.ts";
import type { Place, Table, Tables } from "./store.ts";
import type { Item } from "./values.ts";

/** A page ends where more than this has been read, filtered out or not. */
const pageBytes = 1024 * 1024;

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

/** Many items read, page by page. */
export const queryOperations = (tables: Tables) => ({
	Query: operation(
		{
			...page,
			KeyConditionExpression: z.string(),
			ScanIndexForward: z.boolean().default(true),
		},
		(request) => {
			const placeholders = new Placeholders(request);
			const target = targetOf(tables.table(request.TableName), request);
			const range = readKeyCondition(
				request.KeyConditionExpression,
				target.names,
				placeholders,
			);
			return readPage(tables, target, request, placeholders, {
				...range,
				forward: request.ScanIndexForward,
			});
		},
	),
	Scan: operation(page, (request) =>
		readPage(
			tables,
			targetOf(tables.table(request.TableName), request),
			request,
			new Placeholders(request),
			{ matches: () => true, forward: true },
		),
	),
});

interface Target {
	table: Table;
	index: string | undefined;
	names: KeyNames;
}

function targetOf(table: Table, request: Page): Target {
	const index = request.IndexName;
	if (index === undefined) return { table, index, names: table.key };
	const names = table.indexes[index];
	if (!names) {
		throw validation(`The table does not have the specified index: ${index}`);
	}
	if (request.ConsistentRead) {
		throw validation(
			"Consistent reads are not supported on global secondary indexes",
		);
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
					// A scan has no key condition, so its filter may do that too.
					range.hash === undefined
						? []
						: [target.names.hash, target.names.range],
				)
			: () => true;
	const project =
		request.ProjectionExpression !== undefined
			? readProjection(request.ProjectionExpression, placeholders)
			: (item: Item) => item;
	placeholders.requireAllUsed();
	const after =
		request.ExclusiveStartKey && startOf(target, request.ExclusiveStartKey);
	const found: Item[] = [];
	let scanned = 0;
	let bytes = 0;
	let last: Item | undefined;
	for (const { place, item, size } of tables.read(target.table, target.index, {
		...range,
		after,
	})) {
		if (!range.matches(place.range)) continue;
		if (last && bytes + size > pageBytes) {
			return answer(last);
		}
		bytes += size;
		scanned += 1;
		last = item;
		if (passes(item)) found.push(project(item));
		// A page that its limit ends names where it ended, even where nothing follows.
		if (scanned === request.Limit) return answer(last);
	}
	return answer(undefined);

	function answer(end: Item | undefined) {
		return {
			...(request.Select !== "COUNT" && { Items: found }),
			Count: found.length,
			ScannedCount: scanned,
			...(end && { LastEvaluatedKey: startKey(target, end) }),
		};
	}
}

/** The key from which the next page starts: an index needs both. */
function startKey({ table, names }: Target, item: Item): Item {
	return {
		...onlyKey(table, item),
		...Object.fromEntries(
			[names.hash, names.range].map((name) => [name, item[name] ?? { S: "" }]),
		),
	};
}

function startOf({ table, index, names }: Target, raw: unknown): Place {
	const invalid = () => validation("The provided starting key is invalid");
	const given = raw as Item;
	const wanted = new Set([
		table.key.hash,
		table.key.range,
		names.hash,
		names.range,
	]);
	if (
		Object.keys(given).length !== wanted.size ||
		!Object.keys(given).every((name) => wanted.has(name))
	) {
		throw invalid();
	}
	const key = readKey(
		table,
		Object.fromEntries(
			[table.key.hash, table.key.range].map((name) => [name, given[name]]),
		),
	);
	const own = keyOf(table, key);
	const place =
		index === undefined
			? { hash: own.pk, range: own.sk }
			: indexKey(given, index, names);
	if (!place) throw invalid();
	return { ...place, ...own };
}
