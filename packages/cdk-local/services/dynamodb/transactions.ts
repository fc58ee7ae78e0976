import { createHash } from "node:crypto";
import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { requireDistinct } from "./batches.ts";
import { DynamoDbError, validation } from "./errors.ts";
import {
	applyWrite,
	attributes,
	checkWrite,
	condition,
	deleteWrite,
	putWrite,
	TableName,
	updateWrite,
	type Write,
} from "./items.ts";
import type { Tables } from "./store.ts";
import { itemSize } from "./values.ts";

const maxActions = 100;
const maxTransactionBytes = 4 * 1024 * 1024;

const keyed = { TableName, Key: attributes, ...condition };
const action = z.strictObject({
	ConditionCheck: z.strictObject({ ...keyed, ConditionExpression: z.string() }).optional(),
	Put: z.strictObject({ TableName, Item: attributes, ...condition }).optional(),
	Delete: z.strictObject(keyed).optional(),
	Update: z.strictObject({ ...keyed, UpdateExpression: z.string() }).optional(),
});

/** The operation that applies several writes or none. */
export const transactionOperations = (tables: Tables) => ({
	TransactWriteItems: operation(
		{
			TransactItems: z.array(action).min(1),
			ClientRequestToken: z.string().min(1).max(36).optional(),
		},
		({ TransactItems, ClientRequestToken: token }) => {
			const request = createHash("sha256").update(JSON.stringify(TransactItems)).digest("hex");
			const writes = TransactItems.map((action) => compileWrite(tables, action));
			tables.transaction(() => {
				// A repeated request must not write again.
				const earlier = token && tables.clientTokens.find(token);
				if (!earlier) {
					writeAll(tables, writes);
					if (token) tables.clientTokens.save(token, request);
				} else if (earlier !== request) {
					throw new DynamoDbError(
						"IdempotentParameterMismatchException",
						"The request uses the same client token as a previous, but non-identical request.",
					);
				}
			});
			return {};
		},
	),
});

function compileWrite(tables: Tables, request: z.infer<typeof action>): Write {
	const { ConditionCheck, Put, Delete, Update } = request;
	const actions = [ConditionCheck, Put, Delete, Update].filter(Boolean);
	if (actions.length !== 1) {
		throw validation("TransactItems can only contain one of Check, Put, Update or Delete");
	}
	if (ConditionCheck) return checkWrite(tables, ConditionCheck);
	if (Put) return putWrite(tables, Put);
	if (Delete) return deleteWrite(tables, Delete);
	return updateWrite(tables, Update as NonNullable<typeof Update>);
}

function writeAll(tables: Tables, writes: Write[]): void {
	if (writes.length > maxActions) {
		throw validation(`Member must have length less than or equal to ${maxActions}`);
	}
	requireDistinct(
		writes.map(({ table, key }) => ({ ...key, "": { S: table.name } })),
		"Transaction request cannot include multiple operations on one item",
	);
	tables.transaction(() => {
		let bytes = 0;
		const reasons = writes.map((write) => {
			try {
				const { after } = applyWrite(tables, write);
				if (after) bytes += itemSize(after);
				return { Code: "None" };
			} catch (error) {
				if (!(error instanceof DynamoDbError)) throw error;
				return {
					Code: reasonCodes[error.code] ?? error.code,
					Message: error.message,
					...error.fields,
				};
			}
		});
		if (reasons.some(({ Code }) => Code !== "None")) {
			// Thrown inside the transaction, so that its writes are rolled back.
			throw new DynamoDbError(
				"TransactionCanceledException",
				`Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(", ")}]`,
				{ CancellationReasons: reasons },
			);
		}
		if (bytes > maxTransactionBytes) {
			throw validation("Collection size of items in the transaction exceeds 4 MB");
		}
	});
}

const reasonCodes: Record<string, string> = {
	ConditionalCheckFailedException: "ConditionalCheckFailed",
	ValidationException: "ValidationError",
};
