import { randomUUID } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, PutCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { maxRequestMs } from "#core/api-timeout.ts";
import type { IdempotencyKeys, KeyState } from "#core/ports/index.ts";
import { deletePartition } from "./delete-partition.ts";
import { itemOfFailedCondition, type TableOptions } from "./dynamodb.ts";
import { queryPages } from "./query-pages.ts";

const daySeconds = 24 * 60 * 60;
/** DynamoDB takes items of 400 KB; the key and the headers are less than the rest. */
const maxZipped = 350_000;
const maxCallMs = 3_000;

/** Keeps a key as one item, `idempotency#{user}` and the key, which expires. A request with a key is two writes. */
export function dynamoDbIdempotencyKeys({ dynamodb, table, now = Date.now }: TableOptions): IdempotencyKeys {
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	const ofHolder = { ConditionExpression: "#lease = :lease", ExpressionAttributeNames: { "#lease": "lease" } };

	return {
		async claim(userId, key, fingerprint) {
			const lease = randomUUID();
			const nowMs = now();
			const second = Math.floor(nowMs / 1_000);
			const command = new PutCommand({
				TableName: table,
				Item: {
					...keyOf(userId, key),
					fingerprint,
					lease,
					lease_ends: nowMs + maxRequestMs,
					expires_at: second + daySeconds,
				},
				ConditionExpression:
					"attribute_not_exists(pk) or expires_at <= :second or (fingerprint = :fingerprint and lease_ends <= :now)",
				ExpressionAttributeValues: { ":second": second, ":fingerprint": fingerprint, ":now": nowMs },
				ReturnValuesOnConditionCheckFailure: "ALL_OLD",
			});
			try {
				await dynamodb.send(command, options());
			} catch (error) {
				const found = itemOfFailedCondition(error);
				// The SDK retried a request whose response was lost.
				if (found.lease?.S !== lease) return stateOf(found, fingerprint);
			}
			return { state: "claimed", claim: { key, lease } };
		},

		async keep(userId, { key, lease }, { body, itemIds, ...answer }) {
			const zipped = body === null ? null : gzipSync(body).toString("base64");
			await ignoreLostLease(
				dynamodb.send(
					new UpdateCommand({
						TableName: table,
						Key: keyOf(userId, key),
						UpdateExpression: "set answer = :answer, item_ids = :items remove lease_ends",
						...ofHolder,
						ExpressionAttributeValues: {
							":lease": lease,
							":items": itemIds,
							":answer": zipped === null || zipped.length > maxZipped ? answer : { ...answer, body: zipped },
						},
					}),
					options(),
				),
			);
		},

		async forget(userId, { key, lease }) {
			await ignoreLostLease(
				dynamodb.send(
					new DeleteCommand({
						TableName: table,
						Key: keyOf(userId, key),
						...ofHolder,
						ExpressionAttributeValues: { ":lease": lease },
					}),
					options(),
				),
			);
		},

		async redact(userId, itemIds) {
			const { pk } = keyOf(userId, "");
			const pages = queryPages<KeyItem>(
				dynamodb,
				{
					TableName: table,
					KeyConditionExpression: "pk = :pk",
					ProjectionExpression: "sk, #lease, item_ids",
					ExpressionAttributeNames: { "#lease": "lease" },
					ExpressionAttributeValues: { ":pk": pk },
				},
				options,
			);
			for await (const page of pages) {
				for (const { sk, lease, item_ids = [] } of page) {
					if (!item_ids.some((id) => itemIds.includes(id))) continue;
					await ignoreLostLease(
						dynamodb.send(
							new UpdateCommand({
								TableName: table,
								Key: { pk, sk },
								UpdateExpression: "remove answer.body, item_ids",
								...ofHolder,
								ExpressionAttributeValues: { ":lease": lease },
							}),
							options(),
						),
					);
				}
			}
		},

		forgetAll: (userId) => deletePartition({ dynamodb, table }, partitionOf(userId)),
	};
}

/** The attributes of a key that a redaction reads. */
interface KeyItem {
	sk: string;
	lease: string;
	/** The items that the answer holds something of; none before there is an answer. */
	item_ids?: string[];
}

const partitionOf = (userId: string) => `idempotency#${userId}`;

const keyOf = (userId: string, key: string) => ({ pk: partitionOf(userId), sk: key });

/** Waits for a write, which does nothing if its request outlived its lease: the key is the next one's. */
async function ignoreLostLease(write: Promise<unknown>): Promise<void> {
	await write.catch(itemOfFailedCondition);
}

/** Returns the state of a key from its item. */
function stateOf(found: Record<string, AttributeValue>, fingerprint: string): KeyState {
	if (found.fingerprint?.S !== fingerprint) return { state: "other" };
	const answer = found.answer?.M;
	if (!answer) return { state: "running" };
	const { status, headers, body } = answer;
	const itemIds = found.item_ids?.L?.flatMap(({ S = [] }) => S) ?? [];
	if (!body?.S) return { state: "answered", answer: null };
	return {
		state: "answered",
		answer: {
			status: Number(status?.N),
			headers: Object.fromEntries(Object.entries(headers?.M ?? {}).map(([name, { S = "" }]) => [name, S])),
			body: gunzipSync(Buffer.from(body.S, "base64")).toString(),
			itemIds,
		},
	};
}
