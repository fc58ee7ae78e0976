import { describe, expect, it } from "vitest";
import { AppError } from "#core/errors.ts";
import type { Limits } from "#core/limits/limits.ts";
import type { UseQuotas } from "#core/limits/quotas.ts";
import type { Ports } from "#core/ports/index.ts";
import { fakeClock } from "#fakes/clock.ts";
import { fakePorts } from "#fakes/ports.ts";
import { fakeQuotaCounts } from "#fakes/quota-counts.ts";
import { ada, bob, generousLimits, png, testApi } from "./test-api.ts";

const two: UseQuotas = {
	messages: { day: 2, month: 100 },
	verifications: { day: 1, month: 100 },
	uploads: { day: 3, month: 100 },
};

function quotaApi(quotas: UseQuotas = two, ports: Partial<Ports> = {}) {
	const clock = fakeClock(new Date("2026-12-03T23:00:00Z"));
	const { quotaCounts = fakeQuotaCounts(clock) } = ports;
	const { as } = testApi({ ports: { ...ports, quotaCounts }, limits: { ...generousLimits, quotas } });
	const say = (userId = ada) => as(userId)("POST", "/chat", { json: { message: "Hello" } });
	const check = (userId = ada) => as(userId)("POST", "/verifications", { json: { text: "It costs 240 euros." } });
	return { quotaCounts, clock, as, say, check };
}

const statusesOf = async (...requests: (() => Promise<{ status: number }>)[]) => {
	const statuses: number[] = [];
	for (const request of requests) statuses.push((await request()).status);
	return statuses;
};

describe("a quota", () => {
	it("of messages refuses the next one with what is used, the limit and when it ends", async () => {
		const { say, clock } = quotaApi();
		expect(await statusesOf(say, say)).toEqual([200, 200]);
		const { status, headers, body } = await say();
		expect(status).toBe(429);
		expect(headers.get("retry-after")).toBe("3600");
		expect(body).toMatchObject({
			code: "quota_exceeded",
			detail:
				"You have used the 2 messages to chats that you may have in a day: there are more from 2026-12-04 00:00 UTC on.",
			quota: { use: "messages", period: "day", limit: 2, used: 2, resets_at: "2026-12-04T00:00:00.000Z" },
		});
		expect((await say(bob)).status).toBe(200);
		clock.advance(3_600);
		expect((await say()).status).toBe(200);
	});

	it("gives the last five uses to five of twenty who ask at once", async () => {
		const { say, as } = quotaApi({ ...two, messages: { day: 7, month: 100 } });
		expect(await statusesOf(say, say)).toEqual([200, 200]);
		const answers = await Promise.all(Array.from({ length: 20 }, () => say()));
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
		expect(answers.filter(({ body }) => body.code === "quota_exceeded")).toHaveLength(15);
		expect((await as(ada)("GET", "/usage")).body.quotas[0]).toMatchObject({ used: 7, left: 0 });
	});

	it("of verifications is its own", async () => {
		const { say, check } = quotaApi();
		expect(await statusesOf(check, check, say)).toEqual([201, 429, 200]);
	});

	it("counts a streamed message, which ends with the problem", async () => {
		const { as, say } = quotaApi();
		const stream = () => as(ada)("POST", "/chat/stream", { json: { message: "Hello" } });
		expect((await stream()).body).toContain("event: done");
		expect((await say()).status).toBe(200);
		const { body } = await stream();
		expect(body).toContain('"code":"quota_exceeded"');
		expect(body).toContain('"resets_at":"2026-12-04T00:00:00.000Z"');
		expect(body).toContain('"retry_after":3600');
	});

	it("does not count what failed, but what the person canceled", async () => {
		const { chat } = fakePorts();
		let error: AppError | null = new AppError("chat_unavailable", "The model is away.");
		const { say, as } = quotaApi(two, {
			chat: {
				...chat,
				answer: async (...request: Parameters<typeof chat.answer>) => {
					if (error) throw error;
					return chat.answer(...request);
				},
			},
		});
		const used = async () => (await as(ada)("GET", "/usage")).body.quotas[0].used;
		expect((await say()).status).toBe(503);
		expect(await used()).toBe(0);
		error = new AppError("turn_canceled", "The turn was canceled.");
		expect((await say()).status).toBe(409);
		expect(await used()).toBe(1);
		error = null;
		expect(await statusesOf(say, say)).toEqual([200, 429]);
	});

	it("refuses to work where nobody can say what is left, and a search without it goes on", async () => {
		const away = async () => Promise.reject(new Error("no table"));
		const { say, check, as } = quotaApi(two, {
			quotaCounts: { take: away, used: away, putBack: away },
		});
		for (const ask of [say, check]) {
			const { status, headers, body } = await ask();
			expect([status, headers.get("retry-after"), body.code]).toEqual([503, "10", "quota_unavailable"]);
		}
		expect((await as(ada)("POST", "/search", { json: { query: "lisbon", include_answer: false } })).status).toBe(200);
		expect((await as(ada)("GET", "/usage")).body).toMatchObject({ quotas: null, items: 0 });
	});

	const announced = (seed: number) => ({
		filename: `${seed}.png`,
		content_type: "image/png",
		size: 100,
		sha256: String(seed).padStart(64, "0"),
	});

	it("of uploads counts each new item of a request, and refuses those beyond it one by one", async () => {
		const { as, clock } = quotaApi();
		const send = (...seeds: number[]) => as(ada)("POST", "/uploads", { json: { files: seeds.map(announced) } });
		expect((await as(ada)("POST", "/items", { form: { file: png() } })).status).toBe(200);
		const { body } = await send(1, 2, 3);
		expect(body.uploads.map(({ code = "form" }) => code)).toEqual(["form", "form", "quota_exceeded"]);
		expect(body.uploads[2].quota).toEqual({
			use: "uploads",
			period: "day",
			limit: 3,
			used: 3,
			resets_at: "2026-12-04T00:00:00.000Z",
		});
		const single = await as(ada)("POST", "/uploads", { json: announced(4) });
		expect([single.status, single.headers.get("retry-after"), single.body.quota.use]).toEqual([429, "3600", "uploads"]);
		const stored = await as(ada)("POST", "/items", { form: { file: png("b.png", "b") } });
		expect([stored.status, stored.body.code]).toEqual([429, "quota_exceeded"]);
		clock.advance(3_600);
		expect((await send(4)).body.uploads[0]).toHaveProperty("fields");
	});

	it("of uploads counts no item that is there already, and none that failed", async () => {
		const { as } = quotaApi();
		const used = async () => {
			const { body } = await as(ada)("GET", "/usage");
			return body.quotas.find(({ use }: { use: string }) => use === "uploads").used;
		};
		const send = (seed: number) => as(ada)("POST", "/uploads", { json: announced(seed) });
		for (const seed of [1, 1, 1]) expect((await send(seed)).status).toBe(201);
		expect(await used()).toBe(1);
		for (let upload = 0; upload < 2; upload += 1) await as(ada)("POST", "/items", { form: { file: png() } });
		expect(await used()).toBe(2);
		expect((await as(ada)("POST", "/items", { form: { file: new File(["text"], "a.png") } })).status).toBe(400);
		expect((await as(ada)("POST", "/uploads", { json: { ...announced(9), size: 1e9 } })).status).toBe(413);
		expect(await used()).toBe(2);
	});

	it("of uploads lets everything pass where nobody can say what is left, and asks once for a whole request", async () => {
		let asked = 0;
		const away = async () => {
			asked += 1;
			throw new Error("no table");
		};
		const { as } = quotaApi(two, { quotaCounts: { take: away, used: away, putBack: away } });
		const { body } = await as(ada)("POST", "/uploads", { json: { files: [1, 2, 3, 4, 5].map(announced) } });
		expect(body.uploads.filter((upload: object) => "fields" in upload)).toHaveLength(5);
		expect(asked).toBe(1);
	});

	it("is that of the highest tier among the groups of the token, which names what differs", async () => {
		const tiers: Limits["tiers"] = {
			free: {},
			pro: { messages: { day: 3 } },
			team: { messages: { day: 4, month: 4 } },
		};
		const quotasAs = async (groups: string) => {
			const { as } = testApi({ limits: { ...generousLimits, quotas: two, tiers } });
			const { body } = await as(`${ada}@${groups}`)("GET", "/usage");
			const [day, month, verifications] = body.quotas.map(({ limit }: { limit: number }) => limit);
			return [body.tier, day, month, verifications];
		};
		expect(await quotasAs("")).toEqual(["free", 2, 100, 1]);
		expect(await quotasAs("pro,staff")).toEqual(["pro", 3, 100, 1]);
		expect(await quotasAs("team,pro")).toEqual(["team", 4, 4, 1]);
		// The use before a change of the tier counts after it.
		const { as } = testApi({ limits: { ...generousLimits, quotas: two, tiers } });
		const say = (who: string) => as(who)("POST", "/chat", { json: { message: "Hello" } });
		expect(await statusesOf(...[ada, ada, ada, `${ada}@pro`, `${ada}@pro`].map((who) => () => say(who)))).toEqual([
			200, 200, 429, 200, 429,
		]);
	});

	it("is in the usage with what is left, which a lowered one never makes negative", async () => {
		const { say, as, quotaCounts } = quotaApi();
		await say();
		await say();
		const usage = await as(ada)("GET", "/usage");
		expect(usage.body.quotas).toEqual([
			{ use: "messages", period: "day", limit: 2, used: 2, left: 0, resets_at: "2026-12-04T00:00:00.000Z" },
			{ use: "messages", period: "month", limit: 100, used: 2, left: 98, resets_at: "2027-01-01T00:00:00.000Z" },
			{ use: "verifications", period: "day", limit: 1, used: 0, left: 1, resets_at: "2026-12-04T00:00:00.000Z" },
			{ use: "verifications", period: "month", limit: 100, used: 0, left: 100, resets_at: "2027-01-01T00:00:00.000Z" },
			{ use: "uploads", period: "day", limit: 3, used: 0, left: 3, resets_at: "2026-12-04T00:00:00.000Z" },
			{ use: "uploads", period: "month", limit: 100, used: 0, left: 100, resets_at: "2027-01-01T00:00:00.000Z" },
		]);
		const lowered = quotaApi({ ...two, messages: { day: 1, month: 1 } }, { quotaCounts });
		expect((await lowered.as(ada)("GET", "/usage")).body.quotas[0]).toMatchObject({ limit: 1, used: 2, left: 0 });
		// Of both periods the person is told the one that ends later.
		expect((await lowered.say()).body.quota).toMatchObject({ period: "month", limit: 1, used: 2 });
	});
});
