import { GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { type CountedUse, countedUses, dayOf, endOf, exceededPeriod } from "#core/limits/quotas.ts";
import type { QuotaCounts } from "#core/ports/index.ts";
import { itemOfFailedCondition, type TableOptions } from "./dynamodb.ts";

interface QuotaCountsOptions extends TableOptions {
	/** Limits one call of the table: an answer waits for it. @default 2,000 */
	maxCallMs?: number;
}

/**
 * Keeps the counts of a use and month as one item, with a number for each day: one conditional write a use. The item is
 * beside the person's buckets, with which it is forgotten.
 */
export function dynamoDbQuotaCounts({
	dynamodb,
	table,
	now = Date.now,
	maxCallMs = 2_000,
}: QuotaCountsOptions): QuotaCounts {
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	return {
		async take(userId, use, quota) {
			const at = new Date(now());
			const day = dayOf(at);
			const command = new UpdateCommand({
				TableName: table,
				Key: keyOf(userId, use, day),
				UpdateExpression:
					"set in_month = if_not_exists(in_month, :none) + :one, #day = if_not_exists(#day, :none) + :one, expires_at = :expires",
				ConditionExpression:
					"(attribute_not_exists(in_month) or in_month < :month) and (attribute_not_exists(#day) or #day < :day)",
				ExpressionAttributeNames: { "#day": dayAttribute(day) },
				ExpressionAttributeValues: {
					":none": 0,
					":one": 1,
					":month": quota.month,
					":day": quota.day,
					":expires": endOf("month", at).getTime() / 1_000,
				},
				ReturnValuesOnConditionCheckFailure: "ALL_OLD",
			});
			try {
				await dynamodb.send(command, options());
				return { allowed: true, day };
			} catch (error) {
				const item = itemOfFailedCondition(error);
				const used = { day: Number(item[dayAttribute(day)]?.N ?? 0), month: Number(item.in_month?.N ?? 0) };
				const period = exceededPeriod(used, quota);
				if (!period) throw error;
				return { allowed: false, period, used: used[period], at };
			}
		},

		async putBack(userId, use, day) {
			const command = new UpdateCommand({
				TableName: table,
				Key: keyOf(userId, use, day),
				UpdateExpression: "set in_month = in_month - :one, #day = #day - :one",
				ConditionExpression: "#day >= :one",
				ExpressionAttributeNames: { "#day": dayAttribute(day) },
				ExpressionAttributeValues: { ":one": 1 },
			});
			// The counts of a deleted account are gone.
			await dynamodb.send(command, options()).catch(itemOfFailedCondition);
		},

		async used(userId) {
			const at = new Date(now());
			const day = dayOf(at);
			const countsOf = async (use: CountedUse) => {
				const { Item = {} } = await dynamodb.send(
					new GetCommand({ TableName: table, Key: keyOf(userId, use, day) }),
					options(),
				);
				return { day: Number(Item[dayAttribute(day)] ?? 0), month: Number(Item.in_month ?? 0) };
			};
			const counts = await Promise.all(countedUses.map(async (use) => [use, await countsOf(use)] as const));
			return { at, uses: Object.fromEntries(counts) as Awaited<ReturnType<QuotaCounts["used"]>>["uses"] };
		},
	};
}

const keyOf = (userId: string, use: CountedUse, day: string) => ({
	pk: `limit#${userId}`,
	sk: `quota#${use}#${day.slice(0, 7)}`,
});

/** The attribute of a day of its item's month, such as `day_03`. */
const dayAttribute = (day: string) => `day_${day.slice(8)}`;
