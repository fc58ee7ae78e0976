import { describe, expect, it } from "vitest";
import { type Limits, routeClasses } from "#core/limits/limits.ts";
import { fakeChat } from "#fakes/chat.ts";
import { fakePorts } from "#fakes/ports.ts";
import { allRoutes } from "#lambdas/api/routes/table.ts";
import { collectLogLines } from "../../support/log-lines.ts";
import { ada, bob, generousLimits, png, testApi } from "./test-api.ts";

const limitsOf = (requestsPerMinute: Partial<Limits["requestsPerMinute"]>, more: Partial<Limits> = {}): Limits => ({
	...generousLimits,
	...more,
	requestsPerMinute: { ...generousLimits.requestsPerMinute, ...requestsPerMinute },
});

describe("a limited answer", () => {
	it("says the limit and what is left of it", async () => {
		const ask = testApi({ limits: limitsOf({ read: 60 }) }).as(ada);
		for (const left of [59, 58]) {
			const { status, headers } = await ask("GET", "/items");
			expect(status).toBe(200);
			expect(headers.get("ratelimit-policy")).toBe('"read";q=60;w=60');
			expect(headers.get("ratelimit")).toBe(`"read";r=${left};t=1`);
		}
	});

	it("says so for an error of the route, too", async () => {
		const { status, headers } = await testApi().as(ada)("GET", "/items/x");
		expect(status).toBe(404);
		expect(headers.get("ratelimit")).toBe('"read";r=99999;t=1');
	});

	it("beyond the limit is a 429 problem with the seconds to wait", async () => {
		const ports = fakePorts();
		const { as } = testApi({ ports, limits: limitsOf({ write: 6 }) });
		const remove = () => as(ada)("DELETE", `/items/${crypto.randomUUID()}`);
		for (let request = 0; request < 6; request += 1) expect((await remove()).status).toBe(404);
		const { status, headers, body } = await remove();
		expect(status).toBe(429);
		expect(headers.get("content-type")).toBe("application/problem+json");
		expect(headers.get("retry-after")).toBe("10");
		expect(headers.get("ratelimit-policy")).toBe('"write";q=6;w=60');
		expect(headers.get("ratelimit")).toBe('"write";r=0;t=10');
		expect(body).toMatchObject({
			code: "rate_limited",
			status: 429,
			detail: "You may send 6 requests of the class write a minute, and sent more: send this one again in 10 seconds.",
		});
		ports.clock.advance(10);
		expect((await remove()).status).toBe(404);
	});

	it("is counted for each person and each class apart", async () => {
		const { as } = testApi({ limits: limitsOf({ read: 1 }) });
		expect((await as(ada)("GET", "/items")).status).toBe(200);
		expect((await as(ada)("GET", "/search/config")).status).toBe(429);
		expect((await as(ada)("DELETE", "/chat/s")).status).toBe(404);
		expect((await as(bob)("GET", "/items")).status).toBe(200);
	});

	it("is refused before its work", async () => {
		const { as, ports } = testApi({ limits: limitsOf({ upload: 1 }) });
		const upload = (seed: string) => as(ada)("POST", "/items", { form: { file: png("a.png", seed) } });
		expect((await upload("1")).status).toBe(200);
		expect((await upload("2")).status).toBe(429);
		expect(ports.store.items.size).toBe(1);
	});

	it("needs a token first, and no public route is limited", async () => {
		const { app, as } = testApi({ limits: limitsOf(Object.fromEntries(routeClasses.map((name) => [name, 1]))) });
		for (const path of ["/version", "/version", "/health", "/docs", "/openapi.json"]) {
			const answer = await as(ada)("GET", path);
			expect(answer.status).toBe(200);
			expect(answer.headers.get("ratelimit")).toBeNull();
		}
		expect((await app.request("/items")).status).toBe(401);
		expect((await as(ada)("GET", "/items")).status).toBe(200);
	});
});

describe("a route", () => {
	it.each(allRoutes.filter((route) => !route.public))("$method $path takes from its class", async (route) => {
		if (route.public) return;
		const { method, path, limit } = route;
		const { headers } = await testApi().as(`${ada}@admin`)(method, path.replaceAll(/{\w+}/g, "x"));
		// A search without a body would be answered.
		const routeClass = path === "/search" ? "expensive" : limit;
		expect(headers.get("ratelimit-policy")).toMatch(`"${routeClass}";q=100000;w=60`);
	});

	it.each([
		[{ query: "boats" }, "expensive"],
		[{ query: "boats", include_answer: true }, "expensive"],
		[{ query: "boats", include_answer: false, search_type: "agentic" }, "expensive"],
		[{ query: "boats", include_answer: false }, "search"],
		[{ query: "boats", include_answer: false, search_type: "bm25" }, "search"],
	])("POST /search of %j is of class %s", async (json, routeClass) => {
		const { headers } = await testApi().as(ada)("POST", "/search", { json });
		expect(headers.get("ratelimit")).toMatch(`"${routeClass}";`);
	});
});

describe("expensive requests", () => {
	/** A chat model that answers when it is told to. */
	function heldChat() {
		const { promise, resolve } = Promise.withResolvers<void>();
		const chat = fakeChat(() => ({ text: "Yes." }));
		const answer: typeof chat.answer = async (request) => {
			await promise;
			return chat.answer(request);
		};
		return { chat: { ...chat, answer }, letAnswer: resolve };
	}

	it("run only so many at a time for one person, and all others run", async () => {
		const { chat, letAnswer } = heldChat();
		const { as } = testApi({
			ports: { ...fakePorts(), chat },
			limits: limitsOf({}, { parallelExpensive: 2 }),
		});
		const say = (user: string) => as(user)("POST", "/chat", { json: { message: "Hello" } });
		const running = [say(ada), say(ada)];
		// The two are under way once a third is refused.
		await expect.poll(async () => (await say(ada)).status).toBe(429);
		const { headers, body } = await say(ada);
		expect(headers.get("retry-after")).toBe("5");
		expect(headers.get("ratelimit-policy")).toBe(
			'"expensive";q=100000;w=60, "expensive-parallel";q=2;qu="concurrent-requests"',
		);
		expect(headers.get("ratelimit")).toMatch(/^"expensive";r=\d+;t=1, "expensive-parallel";r=0$/);
		expect(body.detail).toBe(
			"You may run 2 requests of the class expensive at the same time, and as many are running: send this one again in 5 seconds.",
		);
		expect((await as(ada)("GET", "/items")).status).toBe(200);
		const others = say(bob);
		letAnswer();
		expect((await others).status).toBe(200);
		expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200]);
		expect((await say(ada)).status).toBe(200);
	});

	it("free their slot when they fail", async () => {
		const { as } = testApi({ limits: limitsOf({}, { parallelExpensive: 1 }) });
		const analyze = () => as(ada)("POST", `/items/${crypto.randomUUID()}/analyze`, { json: {} });
		expect((await analyze()).status).toBe(404);
		expect((await analyze()).status).toBe(404);
	});
});

it("an answer is given though its slot cannot be freed, which ends by itself", async () => {
	const { rateLimits } = fakePorts();
	const release = () => Promise.reject(new Error("No table."));
	const { as } = testApi({ ports: { rateLimits: { ...rateLimits, release } } });
	expect((await as(ada)("POST", "/chat", { json: { message: "Hello" } })).status).toBe(200);
});

describe("a table of limits that is away", () => {
	const lines = collectLogLines();

	it("lets requests pass, says so in the log and is measured, and is left alone for a while", async () => {
		let asked = 0;
		const { as } = testApi({
			ports: {
				rateLimits: {
					...fakePorts().rateLimits,
					take: async () => {
						asked += 1;
						throw new Error("No table.");
					},
				},
			},
		});
		for (let request = 0; request < 3; request += 1) {
			const { status, headers } = await as(ada)("GET", "/items");
			expect(status).toBe(200);
			expect(headers.get("ratelimit")).toBeNull();
		}
		expect(asked).toBe(1);
		const passed = lines.filter(({ message }) => message.includes("without a limit"));
		expect(passed.map(({ UnlimitedRequests }) => UnlimitedRequests)).toEqual([1, 1, 1]);
		expect(passed[0]).toMatchObject({ level: "error", error: { name: "Error", message: "No table." } });
	});
});
