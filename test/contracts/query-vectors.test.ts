import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dynamoDbQueryVectors } from "#aws/query-vectors.ts";
import { dynamoDbVerificationCache } from "#aws/verification-cache.ts";
import type { QueryVectors } from "#core/ports/index.ts";
import { fakeQueryVectors } from "#fakes/query-vectors.ts";
import { backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";
import { jumpingClock } from "./conversations.ts";

const clock = jumpingClock();
const second = 1_000;
const vector = Float32Array.from({ length: 1_024 }, (_, at) => Math.sin(at) / 7);

describe("vectors of queries in memory", () => {
	const vectors = fakeQueryVectors({ now: () => new Date(clock.now()) });
	queryVectorsContract(() => vectors);
});

describe.each(backends)("vectors of queries on $name", ({ start }) => {
	const backend = startedBackend(start);
	const table = () => ({ dynamodb: backend().dynamodb, table: backend().table, now: clock.now });
	queryVectorsContract(() => dynamoDbQueryVectors(table()));

	it("are forgotten with the rest of a person's cache", async () => {
		const user = randomUUID();
		const vectors = dynamoDbQueryVectors(table());
		await vectors.keep(user, "k", vector, 60);
		await dynamoDbVerificationCache(table()).forgetAll(user);
		expect(await vectors.find(user, "k")).toBeNull();
	});
});

function queryVectorsContract(get: () => QueryVectors): void {
	it("are found number for number, by their person alone", async () => {
		const [ada, bob] = [randomUUID(), randomUUID()];
		await get().keep(ada, "k", vector, 60);
		expect(await get().find(ada, "k")).toEqual(vector);
		expect(await get().find(ada, "other")).toBeNull();
		expect(await get().find(bob, "k")).toBeNull();
	});

	it("are those that were kept last", async () => {
		const user = randomUUID();
		await get().keep(user, "k", vector.map(Math.abs), 60);
		await get().keep(user, "k", vector, 60);
		expect(await get().find(user, "k")).toEqual(vector);
	});

	it("are not found once they have expired", async () => {
		const user = randomUUID();
		await get().keep(user, "k", vector, 60);
		clock.pass(59 * second);
		expect(await get().find(user, "k")).not.toBeNull();
		clock.pass(2 * second);
		expect(await get().find(user, "k")).toBeNull();
	});
}
