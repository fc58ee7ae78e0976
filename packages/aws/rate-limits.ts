import { UpdateCommand, type UpdateCommandInput } from "@aws-sdk/lib-dynamodb";
import { accountDeleted } from "#core/errors.ts";
import {
	type Bucket,
	costMs,
	fillMs,
	fullBucket,
	minute,
	type Refusal,
	remainingIn,
	type Taken,
	takeFrom,
	toleranceMs,
} from "#core/limits/bucket.ts";
import { type RateLimit, routeClasses } from "#core/limits/limits.ts";
import type { RateLimits } from "#core/ports/index.ts";
import { deletePartition } from "./delete-partition.ts";
import { itemOfFailedCondition, type TableOptions } from "./dynamodb.ts";

interface DynamoDbRateLimitsOptions extends TableOptions {
	/** Limits one call of the table. @default 300 */
	maxCallMs?: number;
}

/** A bucket as a sandbox last saw it. */
interface Known {
	/** A lower bound of the time at which the bucket is full. */
	fullAt: number;
	/** A refusal holds for a second at least, so that a flood of requests costs the table one write a second. */
	refusal?: { taken: Refusal; until: number; units: number };
	/** The person deleted the account, which is for good. */
	isClosed?: true;
}

/** The first call opens the connection. */
const maxFirstCallMs = 1_500;
const maxKnown = 1_000;
const maxAttempts = 10;

/**
 * Keeps a bucket as one item, `limit#{user}` and its class, which expires. A request is one conditional write, two
 * where this sandbox did not know the bucket and others had taken from it.
 */
export function dynamoDbRateLimits({
	dynamodb,
	table,
	now = Date.now,
	maxCallMs = 300,
}: DynamoDbRateLimitsOptions): RateLimits {
	const known = new Map<string, Known>();
	let hasAnswered = false;

	function remember(name: string, knowledge: Known): void {
		known.delete(name);
		known.set(name, knowledge);
		const [oldest] = known.keys();
		if (known.size > maxKnown && oldest) known.delete(oldest);
	}

	/** @returns the item after the update, or the item that did not meet the condition */
	async function update(
		input: Omit<UpdateCommandInput, "TableName">,
	): Promise<{ met: boolean; bucket: Bucket; isClosed?: boolean }> {
		const abortSignal = AbortSignal.timeout(hasAnswered ? maxCallMs : Math.max(maxCallMs, maxFirstCallMs));
		const command = new UpdateCommand({
			TableName: table,
			...input,
			ReturnValues: "ALL_NEW",
			ReturnValuesOnConditionCheckFailure: "ALL_OLD",
		});
		try {
			const { Attributes = {} } = await dynamodb.send(command, { abortSignal });
			hasAnswered = true;
			return { met: true, bucket: bucketOf(Attributes) };
		} catch (error) {
			const item = itemOfFailedCondition(error);
			hasAnswered = true;
			const numbers = Object.entries(item).map(([name, { N }]) => [name, N]);
			return { met: false, bucket: bucketOf(Object.fromEntries(numbers)), isClosed: item.closed !== undefined };
		}
	}

	/** Remembers what a bucket says, and returns a refusal's. */
	function decide(name: string, bucket: Bucket, limit: RateLimit, units: number, at: number): Taken {
		const { taken } = takeFrom(bucket, limit, units, at, anyOf);
		if (!taken.allowed) {
			// A bucket fills at its pace, but a slot may be free at any moment.
			const until = at + (taken.exceeded === "rate" ? taken.retryAfterSeconds : 1) * 1_000;
			remember(name, { fullAt: bucket.fullAt, refusal: { taken, until, units } });
		}
		return taken;
	}

	/** @throws AppError `account_deleted` */
	function knownRefusal(name: string, limit: RateLimit, units: number): Refusal | null {
		const { refusal, fullAt = 0, isClosed } = known.get(name) ?? {};
		if (isClosed) throw accountDeleted();
		const at = now();
		// A request of fewer units may have room where a larger one had none.
		if (refusal && refusal.until > at && units >= refusal.units) {
			if (refusal.taken.exceeded === "parallel") return refusal.taken;
			const retryAfterSeconds = Math.ceil((refusal.until - at) / 1_000);
			return { ...refusal.taken, retryAfterSeconds, secondsToNext: retryAfterSeconds };
		}
		const taken = decide(name, { ...fullBucket, fullAt }, limit, units, at);
		return taken.allowed ? null : taken;
	}

	return {
		async refusal(userId, limit, units) {
			return knownRefusal(nameOf(userId, limit), limit, units);
		},

		async take(userId, limit, units) {
			const name = nameOf(userId, limit);
			const refusal = knownRefusal(name, limit, units);
			if (refusal) return refusal;
			let bucket: Bucket = { ...fullBucket, fullAt: known.get(name)?.fullAt ?? 0 };
			for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
				const at = now();
				const taken = decide(name, bucket, limit, units, at);
				if (!taken.allowed) return taken;
				const after = await update({ Key: keyOf(userId, limit), ...takeExpression(bucket, limit, units, at, taken) });
				if (after.met) {
					remember(name, { fullAt: after.bucket.fullAt });
					return { ...taken, ...remainingIn(after.bucket, limit, at) };
				}
				bucket = after.bucket;
				if (after.isClosed) {
					remember(name, { fullAt: bucket.fullAt, isClosed: true });
					throw accountDeleted();
				}
			}
			throw new Error(`A bucket changed during each of ${maxAttempts} attempts to take from it.`);
		},

		async putBack(userId, limit, units) {
			const { met, bucket } = await update({
				Key: keyOf(userId, limit),
				UpdateExpression: "set full_at = full_at - :cost",
				ConditionExpression: "attribute_exists(full_at)",
				ExpressionAttributeValues: { ":cost": costMs(limit, units) },
			});
			if (met) remember(nameOf(userId, limit), { fullAt: bucket.fullAt });
		},

		async release(userId, limit, { number, ends }) {
			await update({
				Key: keyOf(userId, limit),
				UpdateExpression: "remove #slot",
				// Another request may have taken the slot after its end.
				ConditionExpression: "#slot = :ends",
				ExpressionAttributeNames: { "#slot": slotAttribute(number) },
				ExpressionAttributeValues: { ":ends": ends },
			});
		},

		async close(userId, until) {
			const close = (routeClass: RateLimit["routeClass"]) =>
				dynamodb.send(
					new UpdateCommand({
						TableName: table,
						Key: keyOf(userId, { routeClass }),
						UpdateExpression: "set closed = :closed, expires_at = :expires",
						ExpressionAttributeValues: { ":closed": true, ":expires": Math.ceil(until.getTime() / 1_000) },
					}),
				);
			await Promise.all(routeClasses.map(close));
		},

		forget: (userId) => deletePartition({ dynamodb, table }, partitionOf(userId)),
	};
}

const partitionOf = (userId: string) => `limit#${userId}`;

const keyOf = (userId: string, { routeClass }: Pick<RateLimit, "routeClass">) => ({
	pk: partitionOf(userId),
	sk: routeClass,
});

const nameOf = (userId: string, { routeClass }: RateLimit) => `${userId}#${routeClass}`;

const slotAttribute = (number: number) => `slot_${number}`;

const anyOf = (free: number[]) => free[Math.floor(Math.random() * free.length)];

/** DynamoDB has no maximum of two numbers: a full bucket and one in use are written by different expressions. */
function takeExpression(
	{ fullAt }: Bucket,
	limit: RateLimit,
	units: number,
	at: number,
	{ slot }: Taken & { allowed: true },
): Omit<UpdateCommandInput, "TableName" | "Key"> {
	const cost = costMs(limit, units);
	const isFull = fullAt <= at;
	const sets = [isFull ? "full_at = :next" : "full_at = full_at + :cost", "expires_at = :expires"];
	const conditions = [
		"attribute_not_exists(closed)",
		isFull ? "(attribute_not_exists(full_at) or full_at <= :now)" : "full_at > :now and full_at <= :max",
	];
	if (slot) {
		sets.push("#slot = :ends");
		conditions.push("(attribute_not_exists(#slot) or #slot <= :now)");
	}
	return {
		UpdateExpression: `set ${sets.join(", ")}`,
		ConditionExpression: conditions.join(" and "),
		...(slot && { ExpressionAttributeNames: { "#slot": slotAttribute(slot.number) } }),
		ExpressionAttributeValues: {
			":now": at,
			...(isFull ? { ":next": at + cost } : { ":cost": cost, ":max": at + fillMs(limit) + toleranceMs - cost }),
			// A slot is free within a minute.
			":expires": Math.ceil((at + fillMs(limit) + minute) / 1_000),
			...(slot && { ":ends": slot.ends }),
		},
	};
}

function bucketOf(item: Record<string, unknown>): Bucket {
	const slots = Object.entries(item).flatMap(([attribute, ends]) => {
		const [, number] = /^slot_(\d+)$/.exec(attribute) ?? [];
		return number ? [[Number(number), Number(ends)]] : [];
	});
	return { fullAt: Number(item.full_at ?? 0), slots: Object.fromEntries(slots) };
}
