import { randomUUID } from "node:crypto";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { dynamoDbVerificationCache } from "#aws/verification-cache.ts";
import type { VerificationCache } from "#core/ports/index.ts";
import { fakeVerificationCache } from "#fakes/verification-cache.ts";
import { backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";
import { jumpingClock } from "./conversations.ts";

const clock = jumpingClock();
const second = 1_000;

describe("a cache in memory", () => {
	const cache = fakeVerificationCache({ now: () => new Date(clock.now()) });
	cacheContract(() => cache);
});

describe.each(backends)("a cache on $name", ({ start }) => {
	const backend = startedBackend(start);
	const cache = () =>
		dynamoDbVerificationCache({ dynamodb: backend().dynamodb, table: backend().table, now: clock.now });
	cacheContract(cache);

	it("leaves an item that DynamoDB removes, and that has nothing but the id", async () => {
		const user = randomUUID();
		await cache().keep(user, "k", "v", 3_600);
		const Key = { pk: { S: `cache#${user}` }, sk: { S: "verification#k" } };
		const { Item = {} } = await backend().dynamodb.send(new GetItemCommand({ TableName: backend().table, Key }));
		expect(Object.keys(Item).sort()).toEqual(["expires_at", "pk", "sk", "verification_id"]);
		expect(Number(Item.expires_at?.N) - clock.now() / second).toBeCloseTo(3_600, -1);
	});
});

function cacheContract(get: () => VerificationCache): void {
	it("finds what was kept for the key last, for its person alone", async () => {
		const [ada, bob] = [randomUUID(), randomUUID()];
		await get().keep(ada, "k", "first", 60);
		await get().keep(ada, "k", "second", 60);
		expect(await get().find(ada, "k")).toBe("second");
		expect(await get().find(ada, "other")).toBeNull();
		expect(await get().find(bob, "k")).toBeNull();
	});

	it("finds nothing that has expired", async () => {
		const user = randomUUID();
		await get().keep(user, "k", "v", 60);
		clock.pass(59 * second);
		expect(await get().find(user, "k")).toBe("v");
		clock.pass(2 * second);
		expect(await get().find(user, "k")).toBeNull();
	});

	it("forgets everything of a person, and nothing of another", async () => {
		const [ada, bob] = [randomUUID(), randomUUID()];
		for (let at = 0; at < 30; at++) await get().keep(ada, `k${at}`, "v", 60);
		await get().keep(bob, "k1", "v", 60);
		await get().forgetAll(ada);
		expect(await get().find(ada, "k1")).toBeNull();
		expect(await get().find(ada, "k29")).toBeNull();
		expect(await get().find(bob, "k1")).toBe("v");
	});
}
