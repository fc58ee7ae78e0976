import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { validation } from "./errors.ts";
import { applyWrite, attributes, deleteWrite, names, putWrite, type Write } from "./items.ts";
import { readKey } from "./keys.ts";
import { readProjection } from "./projections.ts";
import { Placeholders } from "./reader.ts";
import type { Tables } from "./store.ts";
import { type Item, itemSize } from "./values.ts";

const maxResponseBytes = 16 * 1024 * 1024;
const maxKeys = 100;
const maxWrites = 25;

/** The operations on several keys, each item independent of the others. */
export const batchOperations = (tables: Tables) => ({
	BatchGetItem: operation(
		{
			RequestItems: z.record(
				z.string(),
				z.strictObject({
					Keys: z.array(attributes).min(1),
					ConsistentRead: z.boolean().optional(),
					ProjectionExpression: z.string().optional(),
					...names,
				}),
			),
		},
		({ RequestItems }) => {
			const requests = Object.entries(RequestItems);
			const count = requests.reduce((sum, [, { Keys }]) => sum + Keys.length, 0);
			if (count > maxKeys) {
				throw validation("Too many items requested for the BatchGetItem call");
			}
			const Responses: Record<string, Item[]> = {};
			const UnprocessedKeys: typeof RequestItems = {};
			let bytes = 0;
			for (const [name, request] of requests) {
				const table = tables.table(name);
				const placeholders = new Placeholders(request);
				const project = readProjection(request, placeholders);
				placeholders.requireAllUsed();
				const keys = request.Keys.map((raw) => readKey(table, raw));
				requireDistinct(keys, "Provided list of item keys contains duplicates");
				const items: Item[] = [];
				Responses[name] = items;
				keys.forEach((key, index) => {
					const item = tables.get(table, key);
					const size = item ? itemSize(item) : 0;
					if (bytes > 0 && bytes + size > maxResponseBytes) {
						UnprocessedKeys[name] ??= { ...request, Keys: [] };
						UnprocessedKeys[name].Keys.push(request.Keys[index] as Item);
						return;
					}
					bytes += size;
					if (item) items.push(project(item));
				});
			}
			return { Responses, UnprocessedKeys };
		},
	),
	BatchWriteItem: operation(
		{
			RequestItems: z.record(
				z.string(),
				z
					.array(
						z.strictObject({
							PutRequest: z.strictObject({ Item: attributes }).optional(),
							DeleteRequest: z.strictObject({ Key: attributes }).optional(),
						}),
					)
					.min(1),
			),
		},
		({ RequestItems }) => {
			const writes: Write[] = [];
			for (const [TableName, requests] of Object.entries(RequestItems)) {
				const tableWrites = requests.map(({ PutRequest, DeleteRequest }) => {
					if (PutRequest && !DeleteRequest) {
						return putWrite(tables, { TableName, ...PutRequest });
					}
					if (DeleteRequest && !PutRequest) {
						return deleteWrite(tables, { TableName, ...DeleteRequest });
					}
					throw validation(
						"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
					);
				});
				requireDistinct(
					tableWrites.map(({ key }) => key),
					"Provided list of item keys contains duplicates",
				);
				writes.push(...tableWrites);
			}
			if (writes.length > maxWrites) {
				throw validation(`Too many items requested for the BatchWriteItem call`);
			}
			// Writes are independent, but an invalid one fails the whole batch.
			tables.transaction(() => {
				for (const write of writes) applyWrite(tables, write);
			});
			return { UnprocessedItems: {} };
		},
	),
});

export function requireDistinct(keys: Item[], message: string): void {
	const texts = keys.map((key) => JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1))));
	if (new Set(texts).size < texts.length) throw validation(message);
}
