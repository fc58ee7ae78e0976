import { randomUUID } from "node:crypto";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { dynamoDbRateLimits } from "#aws/rate-limits.ts";
import { fullBucket, type Taken, takeFrom } from "#core/limits/bucket.ts";
import type { RateLimit } from "#core/limits/limits.ts";
import type { RateLimits } from "#core/ports/index.ts";
import { fakeRateLimits } from "#fakes/rate-limits.ts";
import { backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";

/** A clock that stands still until it is moved: a slow machine gains no requests. */
const clock = {
	at: Date.now(),
	now: () => clock.at,
	pass: (seconds: number) => {
		clock.at += seconds * 1_000;
	},
};

const read: RateLimit = { routeClass: "read", perMinute: 60, parallel: null };
const expensive: RateLimit = { routeClass: "expensive", perMinute: 60, parallel: 2 };

type Client = Parameters<typeof dynamoDbRateLimits>[0]["dynamodb"];

/** Counts the calls of a client. */
function counted(client: Client) {
	const calls = { count: 0 };
	const send = ((...args: Parameters<Client["send"]>) => {
		calls.count += 1;
		return client.send(...args);
	}) as Client["send"];
	return { calls, client: { send } };
}

describe("limits in memory", () => {
	const limits = fakeRateLimits({ now: () => new Date(clock.now()) });
	limitsContract(() => limits);
});

describe.each(backends)("limits on $name", ({ start }) => {
	const backend = startedBackend(start);
	/** A call takes as long as the machine lets it; another test is about its limit. */
	const sandbox = (client: Client = backend().dynamodb) =>
		dynamoDbRateLimits({ dynamodb: client, table: backend().table, now: clock.now, maxCallMs: 20_000 });

	// A new sandbox for each call knows nothing of the bucket.
	limitsContract(() => ({
		take: (...args) => sandbox().take(...args),
		refusal: (...args) => sandbox().refusal(...args),
		putBack: (...args) => sandbox().putBack(...args),
		release: (...args) => sandbox().release(...args),
		close: (...args) => sandbox().close(...args),
		forget: (...args) => sandbox().forget(...args),
	}));

	it("are the same in all sandboxes, however many ask at once", async () => {
		const user = randomUUID();
		const sandboxes = Array.from({ length: 8 }, () => sandbox());
		const ten = { ...read, perMinute: 10 };
		const taken = await Promise.all(Array.from({ length: 24 }, (_, at) => sandboxes[at % 8]?.take(user, ten, 1)));
		expect(taken.filter((each) => each?.allowed)).toHaveLength(10);
	});

	it("cost one write a request in a sandbox that knows the bucket, and none while a refusal holds", async () => {
		const user = randomUUID();
		const { calls, client } = counted(backend().dynamodb);
		const limits = sandbox(client);
		for (const units of [51, 1, 1, 1, 1, 1, 1, 1, 1, 1]) await limits.take(user, read, units);
		expect(calls.count).toBe(10);
		for (let request = 0; request < 100; request += 1) {
			expect(await limits.take(user, read, 1)).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
		}
		expect(calls.count).toBe(10);
		clock.pass(1);
		expect(await limits.take(user, read, 1)).toMatchObject({ allowed: true });
		expect(calls.count).toBe(11);
	});

	it("tell without a call what a sandbox remembers of a refusal, and of no other", async () => {
		const user = randomUUID();
		const { calls, client } = counted(backend().dynamodb);
		const limits = sandbox(client);
		expect(await limits.refusal(user, read, 1)).toBeNull();
		await limits.take(user, read, 60);
		expect(await sandbox(client).refusal(user, read, 1)).toBeNull();
		expect(await limits.refusal(user, read, 1)).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
		expect(calls.count).toBe(1);
		clock.pass(1);
		expect(await limits.refusal(user, read, 1)).toBeNull();
		await limits.close(user, new Date(clock.now() + 60_000));
		await expect(limits.take(user, read, 1)).rejects.toMatchObject({ code: "account_deleted" });
		await expect(limits.refusal(user, read, 1)).rejects.toMatchObject({ code: "account_deleted" });
	});

	it("let a sandbox take what it has put back, again and again", async () => {
		const user = randomUUID();
		const limits = sandbox();
		const two = { ...read, perMinute: 2 };
		for (let request = 0; request < 4; request += 1) {
			expect(await limits.take(user, two, 1)).toMatchObject({ allowed: true });
			await limits.putBack(user, two, 1);
		}
	});

	it("cost one write a second where a person sends many more requests than there is room for", async () => {
		const user = randomUUID();
		const tenASecond = { ...read, perMinute: 600 };
		const { calls, client } = counted(backend().dynamodb);
		const limits = sandbox(client);
		await limits.take(user, tenASecond, 600);
		for (let tenth = 0; tenth < 10; tenth += 1) {
			expect(await limits.take(user, tenASecond, 1)).toMatchObject({ allowed: false });
			clock.pass(0.1);
		}
		expect(calls.count).toBe(1);
		expect(await limits.take(user, tenASecond, 1)).toMatchObject({ allowed: true, remaining: 9 });
	});

	it("refuse nobody for more than a second after the bucket has room, and let a flood have what the bucket gains", async () => {
		const user = randomUUID();
		const tenASecond = { ...read, perMinute: 600 };
		const sandboxes = Array.from({ length: 3 }, () => sandbox());
		let bucket = takeFrom(fullBucket, tenASecond, 600, clock.now()).bucket;
		await sandbox().take(user, tenASecond, 600);
		let allowed = 0;
		for (let request = 0; request < 300; request += 1) {
			clock.pass(0.02);
			const taken = await sandboxes[request % 3]?.take(user, tenASecond, 1);
			const aSecondAgo = takeFrom(bucket, tenASecond, 1, clock.now() - 1_000).taken;
			if (!taken?.allowed) expect(aSecondAgo.allowed, `request ${request} is refused too late`).toBe(false);
			else {
				const now = takeFrom(bucket, tenASecond, 1, clock.now());
				expect(now.taken.allowed, `request ${request} has room`).toBe(true);
				bucket = now.bucket;
				allowed += 1;
			}
		}
		// Six seconds' worth, but for the second that a refusal may hold.
		expect(allowed).toBeGreaterThanOrEqual(50);
		expect(allowed).toBeLessThanOrEqual(60);
	});

	it("let a small request pass where a sandbox refused a large one", async () => {
		const user = randomUUID();
		const limits = sandbox();
		await limits.take(user, read, 40);
		expect(await limits.take(user, read, 30)).toMatchObject({ allowed: false, retryAfterSeconds: 10 });
		expect(await limits.take(user, read, 20)).toMatchObject({ allowed: true });
		expect(await limits.take(user, read, 1)).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
	});

	it("count down the seconds of a refusal that a sandbox remembers", async () => {
		const user = randomUUID();
		const limits = sandbox();
		await limits.take(user, read, 60);
		expect(await limits.take(user, read, 30)).toMatchObject({ retryAfterSeconds: 30, secondsToNext: 30 });
		clock.pass(12.5);
		expect(await limits.take(user, read, 30)).toMatchObject({ retryAfterSeconds: 18, secondsToNext: 18 });
	});

	it("cost one write a second while a person's slots are taken, and the next is free a second later", async () => {
		const user = randomUUID();
		const running = await sandbox().take(user, expensive, 1);
		await sandbox().take(user, expensive, 1);
		const { calls, client } = counted(backend().dynamodb);
		const limits = sandbox(client);
		const refusal = await limits.take(user, expensive, 1);
		expect(refusal).toMatchObject({ allowed: false, exceeded: "parallel", retryAfterSeconds: 5 });
		const { count } = calls;
		clock.pass(0.9);
		for (let request = 0; request < 10; request += 1) expect(await limits.take(user, expensive, 1)).toEqual(refusal);
		expect(calls.count).toBe(count);
		if (!running.allowed || !running.slot) throw new Error("The first request has no slot.");
		await sandbox().release(user, expensive, running.slot);
		clock.pass(0.1);
		expect(await limits.take(user, expensive, 1)).toMatchObject({ allowed: true });
	});

	it("tell a refusal from the failed write, without a read", async () => {
		const user = randomUUID();
		await sandbox().take(user, read, 60);
		const { calls, client } = counted(backend().dynamodb);
		expect(await sandbox(client).take(user, read, 1)).toMatchObject({ allowed: false, exceeded: "rate" });
		expect(calls.count).toBe(1);
	});

	it("leave an item that expires two minutes later", async () => {
		const user = randomUUID();
		await sandbox().take(user, expensive, 1);
		const { Item } = await backend().dynamodb.send(
			new GetItemCommand({
				TableName: backend().table,
				Key: { pk: { S: `limit#${user}` }, sk: { S: "expensive" } },
			}),
		);
		expect(Number(Item?.expires_at?.N)).toBe(Math.ceil(clock.now() / 1_000) + 120);
	});
});

describe("a sandbox", () => {
	/** A table in which every bucket is empty, with its own time to answer. */
	const empty = (answer: (signal: AbortSignal) => Promise<void> = async () => {}) => {
		const send = async (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) => {
			await answer(abortSignal);
			return { Attributes: { full_at: clock.now() + 60_000 } };
		};
		return counted({ send } as unknown as Client);
	};
	const sandbox = (dynamodb: Client) => dynamoDbRateLimits({ dynamodb, table: "table", now: clock.now, maxCallMs: 20 });

	it("forgets the buckets it used longest ago, beyond a thousand", async () => {
		const { calls, client } = empty();
		const limits = sandbox(client);
		const users = Array.from({ length: 1_001 }, () => randomUUID());
		for (const user of users) await limits.take(user, read, 1);
		expect(calls.count).toBe(1_001);
		await limits.take(users[1] ?? "", read, 1);
		expect(calls.count).toBe(1_001);
		await limits.take(users[0] ?? "", read, 1);
		expect(calls.count).toBe(1_002);
	});

	it("waits for a table that does not answer as long as a call may take, and longer for its first, which opens the connection", async () => {
		let hangs = true;
		const waits: number[] = [];
		const { client } = empty(async (signal) => {
			if (!hangs) return;
			const began = performance.now();
			await new Promise((resolve) => signal.addEventListener("abort", resolve));
			waits.push(performance.now() - began);
			throw signal.reason;
		});
		const limits = sandbox(client);
		await expect(limits.take(randomUUID(), read, 1)).rejects.toThrow();
		hangs = false;
		await limits.take(randomUUID(), read, 1);
		hangs = true;
		await expect(limits.take(randomUUID(), read, 1)).rejects.toThrow();
		expect(waits[0]).toBeGreaterThan(1_000);
		expect(waits[1]).toBeLessThan(1_000);
	});
});

function limitsContract(get: () => RateLimits): void {
	const take = (user: string, limit = read, units = 1): Promise<Taken> => get().take(user, limit, units);

	it("let a whole minute's requests come at once, and count what is left", async () => {
		const user = randomUUID();
		await take(user, read, 50);
		for (let request = 51; request <= 60; request += 1) {
			expect(await take(user)).toEqual({
				allowed: true,
				slot: null,
				remaining: 60 - request,
				secondsToNext: 1,
				freeSlots: null,
			});
		}
		expect(await take(user)).toMatchObject({ allowed: false, exceeded: "rate", retryAfterSeconds: 1, remaining: 0 });
	});

	it("let one more come when the time of one has passed, and all after a minute", async () => {
		const user = randomUUID();
		await take(user, read, 60);
		clock.pass(1);
		expect(await take(user)).toMatchObject({ allowed: true, remaining: 0 });
		expect(await take(user)).toMatchObject({ allowed: false });
		clock.pass(24 * 60 * 60);
		expect(await take(user, read, 60)).toMatchObject({ allowed: true, remaining: 0 });
		expect(await take(user)).toMatchObject({ allowed: false });
	});

	it("take several units for one request, and say when there are as many", async () => {
		const user = randomUUID();
		await take(user, read, 57);
		expect(await take(user, read, 10)).toMatchObject({ allowed: false, remaining: 3, retryAfterSeconds: 7 });
		clock.pass(7);
		expect(await take(user, read, 10)).toMatchObject({ allowed: true, remaining: 0 });
	});

	it("have room again for what was put back", async () => {
		const user = randomUUID();
		await take(user, read, 60);
		await get().putBack(user, read, 2);
		expect(await take(user, read, 2)).toMatchObject({ allowed: true, remaining: 0 });
		expect(await take(user)).toMatchObject({ allowed: false });
	});

	it("let a request of more units than a minute has come with a full bucket", async () => {
		const user = randomUUID();
		expect(await take(user, read, 1_000)).toMatchObject({ allowed: true, remaining: 0 });
		expect(await take(user, read, 1_000)).toMatchObject({ allowed: false, retryAfterSeconds: 60 });
	});

	it("count each person and each class apart", async () => {
		const user = randomUUID();
		await take(user, read, 60);
		expect(await take(randomUUID())).toMatchObject({ allowed: true, remaining: 59 });
		expect(await take(user, { ...read, routeClass: "write" })).toMatchObject({ allowed: true, remaining: 59 });
	});

	it("let as many come at once as the burst is, and then at the rate", async () => {
		const user = randomUUID();
		const guesses: RateLimit = { routeClass: "guess#1", perMinute: 1 / 6, burst: 10, parallel: null };
		for (let guess = 9; guess >= 0; guess -= 1) {
			expect(await take(user, guesses)).toMatchObject({ allowed: true, remaining: guess });
		}
		expect(await take(user, guesses)).toMatchObject({ allowed: false, retryAfterSeconds: 360 });
		clock.pass(360);
		expect(await take(user, guesses)).toMatchObject({ allowed: true, remaining: 0 });
		expect(await take(user, guesses)).toMatchObject({ allowed: false, retryAfterSeconds: 360 });
	});

	it("refuse everything of a person once they are closed, until they are forgotten", async () => {
		const [user, stranger] = [randomUUID(), randomUUID()];
		await take(user);
		await get().close(user, new Date(clock.now() + 7_200_000));
		for (const routeClass of ["read", "write", "upload", "search", "expensive", "share"] as const) {
			await expect(take(user, { ...read, routeClass })).rejects.toMatchObject({ code: "account_deleted" });
		}
		expect(await take(stranger)).toMatchObject({ allowed: true });
		await get().forget(user);
		expect(await take(user)).toMatchObject({ allowed: true, remaining: 59 });
	});

	it("keep a rate that is no whole number of milliseconds", async () => {
		const user = randomUUID();
		const seven = { ...read, perMinute: 7 };
		for (let request = 1; request <= 7; request += 1) {
			expect(await take(user, seven)).toMatchObject({ allowed: true, remaining: 7 - request });
		}
		expect(await take(user, seven)).toMatchObject({ allowed: false, retryAfterSeconds: 9 });
	});

	it("let only so many requests run at the same time, and the next when one has ended", async () => {
		const user = randomUUID();
		const first = await take(user, expensive);
		expect(first).toMatchObject({ allowed: true, freeSlots: 1 });
		expect(await take(user, expensive)).toMatchObject({ allowed: true, freeSlots: 0 });
		expect(await take(user, expensive)).toMatchObject({
			allowed: false,
			exceeded: "parallel",
			retryAfterSeconds: 5,
			// A request that may not run takes nothing.
			remaining: 58,
			freeSlots: 0,
		});
		if (!first.allowed || !first.slot) throw new Error("The first request has no slot.");
		await get().release(user, expensive, first.slot);
		expect(await take(user, expensive)).toMatchObject({ allowed: true, freeSlots: 0, remaining: 57 });
	});

	it("free the slot of a request that died after half a minute", async () => {
		const user = randomUUID();
		const dead = await take(user, expensive);
		await take(user, expensive);
		clock.pass(29);
		expect(await take(user, expensive)).toMatchObject({ allowed: false, exceeded: "parallel" });
		clock.pass(1);
		const [third, fourth] = [await take(user, expensive), await take(user, expensive)];
		expect([third, fourth]).toMatchObject([{ allowed: true }, { allowed: true }]);
		// The dead request comes to life: the slot is another's by now.
		if (!dead.allowed || !dead.slot) throw new Error("The first request has no slot.");
		await get().release(user, expensive, dead.slot);
		expect(await take(user, expensive)).toMatchObject({ allowed: false, exceeded: "parallel" });
	});
}
