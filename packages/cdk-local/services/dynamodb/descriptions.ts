import { operation } from "../../endpoint/json-api.ts";
import { TableName } from "./items.ts";
import type { KeyNames } from "./keys.ts";
import type { Tables } from "./store.ts";

/** The operations that describe a table. */
export const descriptionOperations = (tables: Tables) => ({
	DescribeTable: operation({ TableName }, (request) => {
		const table = tables.table(request.TableName);
		const { items, bytes } = tables.count(table);
		const indexes = Object.entries(table.indexes);
		const attributes = new Set(
			[table.key, ...Object.values(table.indexes)].flatMap(({ hash, range }) => [hash, range]),
		);
		return {
			Table: {
				TableName: table.name,
				TableArn: table.arn,
				TableStatus: "ACTIVE",
				CreationDateTime: table.createdAt / 1_000,
				BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
				AttributeDefinitions: [...attributes].map((AttributeName) => ({
					AttributeName,
					AttributeType: "S",
				})),
				KeySchema: keySchema(table.key),
				ItemCount: items,
				TableSizeBytes: bytes,
				...(indexes.length > 0 && {
					GlobalSecondaryIndexes: indexes.map(([IndexName, key]) => ({
						IndexName,
						IndexArn: `${table.arn}/index/${IndexName}`,
						IndexStatus: "ACTIVE",
						KeySchema: keySchema(key),
						Projection: { ProjectionType: "ALL" },
					})),
				}),
			},
		};
	}),
	DescribeTimeToLive: operation({ TableName }, (request) => {
		const { timeToLive } = tables.table(request.TableName);
		return {
			TimeToLiveDescription: timeToLive
				? { TimeToLiveStatus: "ENABLED", AttributeName: timeToLive }
				: { TimeToLiveStatus: "DISABLED" },
		};
	}),
});

const keySchema = ({ hash, range }: KeyNames) => [
	{ AttributeName: hash, KeyType: "HASH" },
	{ AttributeName: range, KeyType: "RANGE" },
];
