import type { Permission } from "../iam/permission.ts";
import type { Tables } from "./store.ts";

/** The parts of a request that name tables. */
export interface TableReferences {
	TableName?: string;
	IndexName?: string;
	Key?: Record<string, { S?: string } | undefined>;
	Item?: Record<string, { S?: string } | undefined>;
	RequestItems?: Record<string, unknown[]>;
	TransactItems?: Record<string, { TableName: string } | undefined>[];
}

const transactionActions: Readonly<Record<string, string>> = {
	ConditionCheck: "ConditionCheckItem",
	Put: "PutItem",
	Update: "UpdateItem",
	Delete: "DeleteItem",
};

/** Lists the permissions a request needs, with the partition key of a request for one item: an index is a resource of its own, a batch needs its action on every table, a transaction the actions of its parts. */
export function permissionsFor(
	tables: Tables,
	operation: string,
	{ TableName, IndexName, Key, Item, RequestItems, TransactItems }: TableReferences,
): Permission[] {
	const on = (action: string, table: string, index?: string) => ({
		action: `dynamodb:${action}`,
		resource: `${tables.arn(table)}${index === undefined ? "" : `/index/${index}`}`,
	});
	if (TransactItems) {
		return TransactItems.flatMap((item) =>
			Object.entries(item).flatMap(([kind, part]) =>
				part ? [on(transactionActions[kind] ?? kind, part.TableName)] : [],
			),
		);
	}
	if (RequestItems) {
		return Object.keys(RequestItems).map((table) => on(operation, table));
	}
	const leadingKey = (Key ?? Item)?.[tables.hashKey(TableName ?? "") ?? ""]?.S;
	return [
		{
			...on(operation, TableName ?? "", IndexName),
			...(leadingKey !== undefined && { context: { "dynamodb:leadingkeys": leadingKey } }),
		},
	];
}
