import { describe, expect, it } from "vitest";
import { fakePorts } from "#fakes/ports.ts";
import { observeModels } from "#lambda-kit/observe-models.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

const today = () => new Date().toISOString().slice(0, 10);

describe("usage", () => {
	it("has what a person stores, and nothing billed before a model is called", async () => {
		const api = testApi();
		await readyItem(api.ports, ada);
		const { status, body } = await api.as(ada)("GET", "/usage");
		expect(status).toBe(200);
		const none = { calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: 0, unpriced_calls: 0 };
		expect(body).toMatchObject({ items: 1, to: today(), total: none, days: [] });
		expect(body.bytes).toBeGreaterThan(0);
		expect((Date.parse(body.to) - Date.parse(body.from)) / 86_400_000).toBe(29);
	});

	it("has every call of a chat model that a request made, and of nobody else's", async () => {
		const ports = fakePorts();
		const answer = await ports.chat.answer({
			messages: [{ role: "user", text: "Hi" }],
			deadline: new Date(Date.now() + 9_000),
		});
		const billed = {
			...answer,
			usage: { provider: "anthropic", model: "m", inputTokens: 10, outputTokens: 2, costUsd: 0.5 },
		};
		const api = testApi({ ports: observeModels({ ...ports, chat: { answer: async () => billed } }) });
		await api.as(ada)("POST", "/chat", { json: { message: "Hello" } });
		await api.as(ada)("POST", "/chat", { json: { message: "Hello again" } });
		const { body } = await api.as(ada)("GET", "/usage", { query: { from: today() } });
		const counts = { calls: 2, input_tokens: 20, output_tokens: 4, cost_usd: 1, unpriced_calls: 0 };
		expect(body.days).toEqual([{ day: today(), provider: "anthropic", model: "m", ...counts }]);
		expect(body.total).toEqual(counts);
		expect((await api.as(bob)("GET", "/usage")).body.days).toEqual([]);
	});

	it("is not that of an answer whose bill could not be recorded: the answer is given all the same", async () => {
		const ports = fakePorts();
		const usage = { ...ports.usage, record: async () => Promise.reject(new Error("no database")) };
		const chat = {
			answer: async (...request: Parameters<typeof ports.chat.answer>) => {
				const answer = await ports.chat.answer(...request);
				return { ...answer, usage: { ...answer.usage, provider: "anthropic" } };
			},
		};
		const api = testApi({ ports: observeModels({ ...ports, usage, chat }) });
		expect((await api.as(ada)("POST", "/chat", { json: { message: "Hello" } })).status).toBe(200);
	});

	it("of the first days of all begins with the first", async () => {
		const { body } = await testApi().as(ada)("GET", "/usage", { query: { to: "0001-01-10" } });
		expect(body).toMatchObject({ from: "0001-01-01", to: "0001-01-10", days: [] });
	});

	it.each([
		["from=2026-03-02&to=2026-03-01", "query.from"],
		["from=2020-01-01&to=2026-03-01", "query.from"],
		["from=yesterday", "query.from"],
		["to=2026-02-30", "query.to"],
		["day=2026-02-03", "query.day"],
		["from=0000-01-01&to=0000-01-02", "query.from"],
		["to=0000-12-31", "query.to"],
	])("of %s is refused", async (query, field) => {
		const { status, body } = await testApi().as(ada)("GET", `/usage?${query}`);
		expect(status).toBe(422);
		expect(body.errors[0].field).toBe(field);
	});
});
