import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dynamoDbQuotaCounts } from "#aws/quota-counts.ts";
import { dynamoDbRateLimits } from "#aws/rate-limits.ts";
import type { QuotaCounts } from "#core/ports/index.ts";
import { fakeQuotaCounts } from "#fakes/quota-counts.ts";
import { backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";

/** A clock that stands still until it is moved: no day ends in the middle of a test. */
const clock = { at: 0, now: () => clock.at };
const setTime = (time: string) => {
	clock.at = Date.parse(time);
};

describe("counts of quotas in memory", () => {
	const quotaCounts = fakeQuotaCounts({ now: () => new Date(clock.now()) });
	quotaCountsContract(() => quotaCounts);
});

describe.each(backends)("counts of quotas on $name", ({ start }) => {
	const backend = startedBackend(start);
	const options = () => ({ dynamodb: backend().dynamodb, table: backend().table, now: clock.now, maxCallMs: 20_000 });

	quotaCountsContract(() => dynamoDbQuotaCounts(options()));

	it("are forgotten with the person's buckets", async () => {
		setTime("2026-12-03T12:00:00Z");
		const user = randomUUID();
		const quotaCounts = dynamoDbQuotaCounts(options());
		await quotaCounts.take(user, "messages", { day: 1, month: 1 });
		await dynamoDbRateLimits(options()).forget(user);
		expect((await quotaCounts.used(user)).uses.messages).toEqual({ day: 0, month: 0 });
		// A message that fails after that takes back nothing.
		await quotaCounts.putBack(user, "messages", "2026-12-03");
		expect((await quotaCounts.used(user)).uses.messages).toEqual({ day: 0, month: 0 });
	});

	it("fail where the table does not answer in time", async () => {
		const hanging = {
			send: (_command: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
				new Promise((_resolve, reject) => abortSignal.addEventListener("abort", () => reject(abortSignal.reason))),
		} as unknown as ReturnType<typeof options>["dynamodb"];
		const quotaCounts = dynamoDbQuotaCounts({ ...options(), dynamodb: hanging, maxCallMs: 20 });
		await expect(quotaCounts.take(randomUUID(), "messages", { day: 1, month: 1 })).rejects.toThrow("timeout");
	});
});

function quotaCountsContract(get: () => QuotaCounts): void {
	it("count each use in its day and its month, for each person and use apart", async () => {
		setTime("2026-12-03T12:00:00Z");
		const [user, stranger] = [randomUUID(), randomUUID()];
		const quota = { day: 5, month: 5 };
		expect(await get().take(user, "messages", quota)).toEqual({ allowed: true, day: "2026-12-03" });
		await get().take(user, "messages", quota);
		await get().take(user, "verifications", quota);
		expect(await get().used(user)).toEqual({
			at: new Date(clock.at),
			uses: { messages: { day: 2, month: 2 }, verifications: { day: 1, month: 1 }, uploads: { day: 0, month: 0 } },
		});
		expect((await get().used(stranger)).uses.messages).toEqual({ day: 0, month: 0 });
	});

	it("begin anew with the day, and of the month at its end", async () => {
		const user = randomUUID();
		const quota = { day: 2, month: 3 };
		const take = () => get().take(user, "messages", quota);
		setTime("2026-12-30T23:59:59.999Z");
		await take();
		await take();
		expect(await take()).toEqual({ allowed: false, period: "day", used: 2, at: new Date(clock.at) });
		setTime("2026-12-31T00:00:00Z");
		expect(await take()).toEqual({ allowed: true, day: "2026-12-31" });
		expect(await take()).toEqual({ allowed: false, period: "month", used: 3, at: new Date(clock.at) });
		expect((await get().used(user)).uses.messages).toEqual({ day: 1, month: 3 });
		setTime("2027-01-01T00:00:00Z");
		expect(await take()).toEqual({ allowed: true, day: "2027-01-01" });
	});

	it("are never spent twice, however many ask for the last at once", async () => {
		setTime("2026-12-03T12:00:00Z");
		const user = randomUUID();
		const taken = await Promise.all(
			Array.from({ length: 24 }, () => get().take(user, "verifications", { day: 7, month: 100 })),
		);
		expect(taken.filter(({ allowed }) => allowed)).toHaveLength(7);
		expect((await get().used(user)).uses.verifications).toEqual({ day: 7, month: 7 });
	});

	it("follow a quota that is changed in the middle of its period", async () => {
		setTime("2026-12-03T12:00:00Z");
		const user = randomUUID();
		const take = (day: number) => get().take(user, "messages", { day, month: 100 });
		for (let use = 0; use < 3; use += 1) await take(3);
		expect(await take(3)).toMatchObject({ allowed: false });
		expect(await take(4)).toMatchObject({ allowed: true });
		expect(await take(2)).toMatchObject({ allowed: false, period: "day", used: 4 });
	});

	it("take back a use in the day in which it was counted", async () => {
		const user = randomUUID();
		const take = () => get().take(user, "messages", { day: 1, month: 1 });
		setTime("2026-12-03T23:59:59Z");
		await take();
		setTime("2026-12-04T00:00:01Z");
		await get().putBack(user, "messages", "2026-12-03");
		expect((await get().used(user)).uses.messages).toEqual({ day: 0, month: 0 });
		expect(await take()).toMatchObject({ allowed: true });
		// It was taken back once: a second time it takes nothing from others.
		await get().putBack(user, "messages", "2026-12-03");
		expect((await get().used(user)).uses.messages).toEqual({ day: 1, month: 1 });
	});
}
