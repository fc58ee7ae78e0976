import { describe, expect, it } from "vitest";
import { AppError } from "#core/errors.ts";
import { ownQuotasGroup } from "#core/limits/tiers.ts";
import { allRoutes } from "#lambdas/api/routes/table.ts";
import { collectLogLines } from "../../support/log-lines.ts";
import { ada, bob, testApi } from "./test-api.ts";

const admin = `${ada}@admin`;
const adminRoutes = allRoutes.filter((route) => !route.public && route.forAdmins);
const at = (path: string) => path.replace("{sub}", bob);

describe("an administrator", () => {
	const lines = collectLogLines();

	it("lists people page by page", async () => {
		const { as, ports } = testApi();
		const subs = ["a", "b", "c"].map((digit) => `${digit.repeat(8)}-1111-4111-8111-111111111111`);
		for (const sub of subs) await ports.userPool.setTier(sub, "pro");
		const first = (await as(admin)("GET", "/admin/users", { query: { limit: "2" } })).body;
		expect(first.users).toEqual(
			subs.slice(0, 2).map((sub) => ({
				sub,
				email: `${sub}@example.com`,
				confirmed: true,
				disabled: false,
				created_at: "2026-12-01T00:00:00.000Z",
			})),
		);
		const second = (await as(admin)("GET", "/admin/users", { query: { limit: "2", cursor: first.next_cursor } })).body;
		expect(second).toMatchObject({ users: [{ sub: subs[2] }], next_cursor: null });
		expect((await as(admin)("GET", "/admin/users", { query: { limit: "61" } })).status).toBe(422);
	});

	it("moves a person to another tier, which the log tells without their names", async () => {
		const { as, ports } = testApi();
		const person = () => as(admin)("GET", `/admin/users/${bob}`);
		expect((await person()).body).toMatchObject({ sub: bob, tier: "free", admin: false });
		const { status, body } = await as(admin)("PATCH", `/admin/users/${bob}`, { json: { tier: "team" } });
		expect([status, body.tier, (await person()).body.tier]).toEqual([200, "team", "team"]);
		expect(await ports.userPool.groups(bob)).toEqual(["team"]);
		const changes = lines.filter(({ message }) => message === "an administrator changed a person");
		expect(changes).toMatchObject([{ before: { tier: "free", disabled: false }, change: { tier: "team" } }]);
		expect(JSON.stringify(changes)).not.toMatch(new RegExp(`${ada}|${bob}`));
		expect(changes[0].admin).not.toBe(changes[0].person);
		for (const json of [{ tier: "gold" }, {}, { tier: "pro", admin: true }]) {
			expect((await as(admin)("PATCH", `/admin/users/${bob}`, { json })).status).toBe(422);
		}
	});

	it("sees what models billed for everybody, by day, and for whom most", async () => {
		const { as, ports } = testApi();
		const call = { provider: "voyage", model: "v", inputTokens: 10, outputTokens: 1, costUsd: 0.5 };
		await ports.usage.record(ada, [call]);
		await ports.usage.record(bob, [call, { ...call, costUsd: null }, { ...call, costUsd: 0.1 }]);
		const ask = (query: Record<string, string> = {}) => as(admin)("GET", "/admin/usage", { query });
		const day = ports.clock.now().toISOString().slice(0, 10);
		const { body } = await ask({ to: day, limit: "1" });
		expect(body).toMatchObject({
			to: day,
			total: { calls: 4, input_tokens: 40, cost_usd: 1.1, unpriced_calls: 1 },
			days: [{ day, people: 2, calls: 4, cost_usd: 1.1 }],
			people: [{ sub: bob, email: `${bob}@example.com`, calls: 3, cost_usd: 0.6, unpriced_calls: 1 }],
		});
		const next = (await ask({ to: day, limit: "1", cursor: body.next_cursor })).body;
		expect(next).toMatchObject({ people: [{ sub: ada, cost_usd: 0.5 }], next_cursor: null });
		ports.userPool.email = () => Promise.reject(new Error("The pool does not answer."));
		expect((await ask({ to: day })).body.people).toMatchObject([{ email: null }, { email: null }]);
		const refused: Record<string, string>[] = [
			{ limit: "51" },
			{ from: "2026-01-02", to: "2026-01-01" },
			{ from: "2020-01-01" },
			{ x: "1" },
		];
		for (const query of refused) expect((await ask(query)).status, JSON.stringify(query)).toBe(422);
		expect((await ask({ to: day, cursor: "nothing" })).status).toBe(400);
	});

	it("gives a person quotas of their own, which count from their next token on, and takes them back", async () => {
		const { as, ports } = testApi();
		const change = (json: object) => as(admin)("PATCH", `/admin/users/${bob}`, { json });
		const limits = { messages: { day: 1 }, uploads: { month: 5 } };
		expect((await change({ limits: { messages: { day: 7, month: 7 } } })).body).toMatchObject({ tier: "free" });
		expect((await change({ limits })).body).toMatchObject({ limits, tier: "free", disabled: false });
		expect((await change({ tier: "pro" })).body).toMatchObject({ limits, tier: "pro" });
		const groups = (await ports.userPool.groups(bob)) ?? [];
		expect(groups).toEqual(["pro", ownQuotasGroup]);
		const token = `${bob}@${groups}`;
		const say = async (as_: string) => (await as(as_)("POST", "/chat", { json: { message: "Hello" } })).body;
		expect((await say(token)).code).toBeUndefined();
		expect(await say(token)).toMatchObject({ code: "quota_exceeded", quota: { use: "messages", limit: 1, used: 1 } });
		expect((await say(`${bob}@pro`)).code, "by a token from before").toBeUndefined();
		const { quotas } = (await as(token)("GET", "/usage")).body;
		expect(quotas).toContainEqual(
			expect.objectContaining({ use: "messages", period: "day", limit: 1, used: 2, left: 0 }),
		);
		expect(quotas).toContainEqual(expect.objectContaining({ use: "uploads", period: "month", limit: 5 }));
		expect((await change({ limits: { messages: {} } })).body.limits).toBeNull();
		expect([await ports.userPool.groups(bob), await ports.ownQuotas.find(bob)]).toEqual([["pro"], {}]);
		const written = lines.filter(({ message }) => message === "an administrator changed a person");
		expect(written[2]).toMatchObject({ before: { limits }, change: { tier: "pro" } });
		for (const wrong of [{ messages: { day: 0 } }, { messages: { week: 1 } }, { dreams: { day: 1 } }, 5]) {
			expect((await change({ limits: wrong })).status, JSON.stringify(wrong)).toBe(422);
		}
		expect((await change({ limits: null })).body.limits).toBeNull();
	});

	it("disables a person, and leaves their tier as it is", async () => {
		const { as } = testApi();
		const change = (json: object) => as(admin)("PATCH", `/admin/users/${bob}`, { json });
		await change({ tier: "pro" });
		expect((await change({ disabled: true })).body).toMatchObject({ tier: "pro", disabled: true });
		const changes = lines.filter(({ message }) => message === "an administrator changed a person");
		expect(changes[1]).toMatchObject({ before: { tier: "pro", disabled: false }, change: { disabled: true } });
		expect((await change({ disabled: false, tier: "free" })).body).toMatchObject({ tier: "free", disabled: false });
	});

	it.each(["PATCH", "GET"])("is told by %s that there is no such person", async (method) => {
		const { as, ports } = testApi();
		await ports.userPool.delete(bob);
		for (const sub of [bob, "nobody"]) {
			const { status, body } = await as(admin)(method, `/admin/users/${sub}`, {
				...(method === "PATCH" && { json: { tier: "pro" } }),
			});
			expect([status, body.code]).toEqual([404, "person_not_found"]);
		}
	});
});

describe("everybody else", () => {
	it.each(adminRoutes)("is told that there is no $method $path, as of an unknown route", async ({ method, path }) => {
		const refuse = async () => {
			throw new AppError("unauthorized", "The token is not valid here.");
		};
		const ask = async (where: string, authorization?: string, authenticate?: typeof refuse) => {
			const { app } = testApi({ ...(authenticate && { authenticate }) });
			const response = await app.request(where, { method, headers: authorization ? { authorization } : {} });
			const text = (await response.text()).replaceAll(where, "PATH").replace(/"instance":"[^"]*"/, "");
			return { status: response.status, headers: [...response.headers.keys()].sort(), text };
		};
		const unknown = await ask("/no/such/route");
		expect(unknown.status).toBe(404);
		for (const authorization of [undefined, `Bearer ${bob}`, `Bearer ${bob}@pro,admins,Admin`]) {
			expect(await ask(at(path), authorization)).toEqual(unknown);
		}
		expect(await ask(at(path), "Bearer forged", refuse)).toEqual(unknown);
	});

	it("learns of a failure of ours, which is no matter of groups", async () => {
		const authenticate = async () => Promise.reject(new Error("The keys cannot be fetched."));
		const { app } = testApi({ authenticate });
		expect((await app.request("/admin/users")).status).toBe(500);
	});
});
