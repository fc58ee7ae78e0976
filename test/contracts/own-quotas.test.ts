import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dynamoDbOwnQuotas } from "#aws/own-quotas.ts";
import { dynamoDbRateLimits } from "#aws/rate-limits.ts";
import type { OwnQuotas } from "#core/ports/index.ts";
import { fakeOwnQuotas } from "#fakes/own-quotas.ts";
import { backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";

describe("own quotas in memory", () => {
	const ownQuotas = fakeOwnQuotas();
	ownQuotasContract(() => ownQuotas);
});

describe.each(backends)("own quotas on $name", ({ start }) => {
	const backend = startedBackend(start);
	const options = () => ({ dynamodb: backend().dynamodb, table: backend().table, maxCallMs: 20_000 });

	ownQuotasContract(() => dynamoDbOwnQuotas(options()));

	it("are forgotten with the person's buckets", async () => {
		const user = randomUUID();
		const ownQuotas = dynamoDbOwnQuotas(options());
		await ownQuotas.set(user, { messages: { day: 1 } });
		await dynamoDbRateLimits(options()).forget(user);
		expect(await ownQuotas.find(user)).toEqual({});
	});
});

function ownQuotasContract(get: () => OwnQuotas): void {
	it("are none until they are set, replace each other, and are each person's", async () => {
		const [user, stranger] = [randomUUID(), randomUUID()];
		expect(await get().find(user)).toEqual({});
		await get().set(user, { messages: { day: 1, month: 2 }, uploads: { day: 3 } });
		await get().set(user, { messages: { day: 5 } });
		expect([await get().find(user), await get().find(stranger)]).toEqual([{ messages: { day: 5 } }, {}]);
		await get().set(user, {});
		await get().set(user, {});
		expect(await get().find(user)).toEqual({});
	});
}
