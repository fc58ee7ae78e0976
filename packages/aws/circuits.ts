import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, UpdateCommand, type UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import { type CircuitState, type Circuits, circuitPrefix } from "#core/ports/index.ts";
import type { TableOptions } from "./dynamodb.ts";

interface DynamoDbCircuitsOptions extends TableOptions {
	/** Limits one call of the table: a model is called after it. @default 300 */
	maxCallMs?: number;
}

/** The first call opens the connection. */
const maxFirstCallMs = 1_500;
const maxAttempts = 5;
/** DynamoDB removes a circuit that nobody has changed for so long. */
const keptSeconds = 24 * 60 * 60;

/** Keeps a circuit as one item, `circuit#{name}`, which expires. */
export function dynamoDbCircuits({
	dynamodb,
	table,
	now = Date.now,
	maxCallMs = 300,
}: DynamoDbCircuitsOptions): Circuits {
	let hasAnswered = false;
	const options = () => ({
		abortSignal: AbortSignal.timeout(hasAnswered ? maxCallMs : Math.max(maxCallMs, maxFirstCallMs)),
	});

	/** @returns the item after the update; null where it did not meet the condition */
	async function update(
		name: string,
		expression: Pick<UpdateCommandInput, "UpdateExpression" | "ConditionExpression" | "ExpressionAttributeValues">,
	): Promise<Record<string, unknown> | null> {
		const command = new UpdateCommand({
			TableName: table,
			Key: keyOf(name),
			...expression,
			ReturnValues: "ALL_NEW",
		});
		try {
			const { Attributes = {} } = await dynamodb.send(command, options());
			hasAnswered = true;
			return Attributes;
		} catch (error) {
			if (!(error instanceof ConditionalCheckFailedException)) throw error;
			hasAnswered = true;
			return null;
		}
	}

	const expires = () => Math.ceil(now() / 1_000) + keptSeconds;

	return {
		async read(name) {
			const { Item = {} } = await dynamodb.send(new GetCommand({ TableName: table, Key: keyOf(name) }), options());
			hasAnswered = true;
			return stateOf(Item, now());
		},

		async count(name, { requests, failures }, windowMs) {
			for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
				const at = now();
				const values = { ":requests": requests, ":failures": failures, ":now": at, ":expires": expires() };
				const added = await update(name, {
					UpdateExpression:
						"set requests = requests + :requests, failures = failures + :failures, expires_at = :expires",
					ConditionExpression: "window_ends > :now",
					ExpressionAttributeValues: values,
				});
				if (added) return stateOf(added, at);
				const begun = await update(name, {
					UpdateExpression:
						"set requests = :requests, failures = :failures, window_ends = :ends, expires_at = :expires",
					ConditionExpression: "attribute_not_exists(window_ends) or window_ends <= :now",
					ExpressionAttributeValues: { ...values, ":ends": at + windowMs },
				});
				if (begun) return stateOf(begun, at);
			}
			throw new Error(`The window of circuit ${name} changed during each of ${maxAttempts} attempts to count.`);
		},

		async open(name, until) {
			const opened = await update(name, {
				UpdateExpression:
					"set open_until = :until, expires_at = :expires remove probe_ends, requests, failures, window_ends",
				ConditionExpression: "attribute_not_exists(open_until) or open_until <= :now",
				ExpressionAttributeValues: { ":until": until, ":now": now(), ":expires": expires() },
			});
			return opened !== null;
		},

		async claimProbe(name, ends) {
			const claimed = await update(name, {
				UpdateExpression: "set probe_ends = :ends",
				ConditionExpression: "open_until <= :now and (attribute_not_exists(probe_ends) or probe_ends <= :now)",
				ExpressionAttributeValues: { ":ends": ends, ":now": now() },
			});
			return claimed !== null;
		},

		async releaseProbe(name, ends) {
			await update(name, {
				UpdateExpression: "remove probe_ends",
				ConditionExpression: "probe_ends = :ends",
				ExpressionAttributeValues: { ":ends": ends },
			});
		},

		async close(name, ends) {
			await update(name, {
				UpdateExpression: "remove open_until, probe_ends, requests, failures, window_ends",
				ConditionExpression: "probe_ends = :ends",
				ExpressionAttributeValues: { ":ends": ends },
			});
		},
	};
}

const keyOf = (name: string) => ({ pk: `${circuitPrefix}${name}`, sk: "state" });

function stateOf(item: Record<string, unknown>, at: number): CircuitState {
	const isCounting = Number(item.window_ends ?? 0) > at;
	return {
		requests: isCounting ? Number(item.requests) : 0,
		failures: isCounting ? Number(item.failures) : 0,
		openUntil: item.open_until === undefined ? null : Number(item.open_until),
	};
}
