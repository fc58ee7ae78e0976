import { DeleteCommand, GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import type { OwnQuotas } from "#core/ports/index.ts";
import type { TableOptions } from "./dynamodb.ts";

interface OwnQuotasOptions extends TableOptions {
	/** Limits one call of the table: an answer waits for it. @default 2,000 */
	maxCallMs?: number;
}

/** Keeps a person's own quotas as one item beside their buckets, with which it is forgotten. */
export function dynamoDbOwnQuotas({ dynamodb, table, maxCallMs = 2_000 }: OwnQuotasOptions): OwnQuotas {
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	const keyOf = (userId: string) => ({ pk: `limit#${userId}`, sk: "own-quotas" });
	return {
		async find(userId) {
			const { Item } = await dynamodb.send(
				new GetCommand({ TableName: table, Key: keyOf(userId), ConsistentRead: true }),
				options(),
			);
			return Item?.quotas ?? {};
		},

		async set(userId, changes) {
			const Key = keyOf(userId);
			const command =
				Object.keys(changes).length === 0
					? new DeleteCommand({ TableName: table, Key })
					: new PutCommand({ TableName: table, Item: { ...Key, quotas: changes } });
			await dynamodb.send<never, never>(command as never, options());
		},
	};
}
