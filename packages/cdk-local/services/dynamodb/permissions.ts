import type { Permission } from "../iam/permission.ts";
import type { Tables } from "./store.ts";

/** What of a request says which table it means. */
export interface Meaning {
	TableName?: string;
	IndexName?: string;
	RequestItems?: Record<string, unknown[]>;
	TransactItems?: Record<string, { TableName: string } | undefined>[];
}

const ofTransactions: Readonly<Record<string, string>> = {
	ConditionCheck: "ConditionCheckItem",
	Put: "PutItem",
	Update: "UpdateItem",
	Delete: "DeleteItem",
};

/** An index is a resource of its own; a batch takes its right for every table, a transaction those of its parts. */
export function permissionsFor(
	tables: Tables,
	operation: string,
	{ TableName, IndexName, RequestItems, TransactItems }: Meaning,
): Permission[] {
	const on = (action: string, table: string, index?: string) => ({
		action: `dynamodb:${action}`,
		resource: `${tables.arn(table)}${index === undefined ? "" : `/index/${index}`}`,
	});
	if (TransactItems) {
		return TransactItems.flatMap((item) =>
			Object.entries(item).flatMap(([kind, part]) =>
				part ? [on(ofTransactions[kind] ?? kind, part.TableName)] : [],
			),
		);
	}
	if (RequestItems) {
		return Object.keys(RequestItems).map((table) => on(operation, table));
	}
	return [on(operation, TableName ?? "", IndexName)];
}
