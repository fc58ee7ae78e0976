import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { chatFor } from "#ai/chat.ts";
import { ModelFailure } from "#core/errors.ts";
import { rateLimitOf } from "#core/limits/limits.ts";
import type { Chat, RateLimits } from "#core/ports/index.ts";
import { fakeChat } from "#fakes/chat.ts";
import { fakePorts } from "#fakes/ports.ts";
import { noteTokenUsage } from "#lambda-kit/token-usage.ts";
import { serveProvider } from "#tools/provider-stubs/server.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, generousLimits, testApi } from "./test-api.ts";

interface Event {
	event: string;
	// biome-ignore lint/suspicious/noExplicitAny: each test asserts the fields it needs
	data: any;
}

/** Reads the events of a stream that has ended. */
const eventsIn = (text: string): Event[] =>
	text
		.split("\n\n")
		.filter(Boolean)
		.map((block) => {
			const [, event = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
			return { event, data: JSON.parse(data) };
		});
const names = (events: Event[]) => events.map(({ event }) => event);

/** Makes an API with two items of Ada's, whose chat searches and then cites both. */
async function harbours(chat?: Chat, options: Parameters<typeof testApi>[0] = {}) {
	const ports = fakePorts();
	const items = [
		await readyItem(ports, ada, { headline: "A harbour in Bergen" }),
		await readyItem(ports, ada, { headline: "A harbour in Split" }),
	];
	const refs = items.map(({ itemId }) => itemId.slice(0, 8));
	const text = `A harbour in Bergen [${refs[0]}]. A harbour in Split [${refs[1]}].`;
	const answering = fakeChat(({ tools = [], messages }) =>
		tools.length > 0 && messages.at(-1)?.role === "user"
			? { toolCalls: [{ name: "search_collection", input: { query: "harbour" } }] }
			: { text },
	);
	return { ...testApi({ ...options, ports: { ...ports, chat: chat ?? answering } }), items };
}

/** A chat that answers only when it is released. */
function hangingChat() {
	const { promise, resolve } = Promise.withResolvers<void>();
	const called = Promise.withResolvers<void>();
	const answering = fakeChat(() => ({ text: "Hello." }));
	const chat: Chat = {
		async answer(request) {
			called.resolve();
			await promise;
			return answering.answer(request);
		},
	};
	return { chat, called: called.promise, release: resolve };
}

const open = ({ app }: ReturnType<typeof testApi>, path: string, json: object, user = ada) =>
	app.request(path, {
		method: "POST",
		headers: { authorization: `Bearer ${user}`, "content-type": "application/json" },
		body: JSON.stringify(json),
	});

describe("POST /search/stream", () => {
	it("sends the hits, then each sentence, then the plain route's answer", async () => {
		const { as } = await harbours();
		const request = { json: { query: "harbour" } };
		const { status, headers, body } = await as(ada)("POST", "/search/stream", request);
		expect(status).toBe(200);
		expect(headers.get("content-type")).toBe("text/event-stream");
		expect(headers.get("cache-control")).toBe("private, no-store");
		expect(headers.get("ratelimit")).toBeNull();
		const events = eventsIn(body);
		expect(names(events)).toEqual(["step", "hits", "sentence", "sentence", "done"]);
		const done = events.at(-1)?.data;
		const { body: plain } = await as(ada)("POST", "/search", request);
		const ofEachCall = { retrieval_time_ms: 0, answer_time_ms: 0, answer_trace_id: "" };
		expect({ ...done, ...ofEachCall }).toEqual({ ...plain, ...ofEachCall });
		expect(events[1]?.data.results).toEqual(done.results);
		const sentences = events.filter(({ event }) => event === "sentence").map(({ data }) => data);
		expect(sentences.map(({ text }) => text).join("")).toBe(done.answer);
		expect(sentences.map(({ item_ids }) => item_ids)).toEqual(
			done.citations.map(({ item_id }: { item_id: string }) => [item_id]),
		);
	});

	it("reports the steps of an agent", async () => {
		const { as } = await harbours(fakeChat(() => ({ toolCalls: [{ name: "list_categories", input: {} }] })));
		const json = { query: "harbour", search_type: "agentic" };
		const events = eventsIn((await as(ada)("POST", "/search/stream", { json })).body);
		const steps = events.filter(({ event }) => event === "step").map(({ data }) => data.text);
		expect(steps.slice(1)).toEqual(events.at(-1)?.data.agent_reasoning);
		expect(steps.length).toBeGreaterThan(2);
	});

	it("finds nothing of another person", async () => {
		const { as } = await harbours();
		const events = eventsIn((await as(bob)("POST", "/search/stream", { json: { query: "harbour" } })).body);
		expect(events.at(-1)?.data).toMatchObject({ results: [], answer: null });
	});
});

describe("an answer that the model is still writing", () => {
	it("is sent sentence by sentence, each once its citations are verified", async () => {
		const ports = fakePorts();
		const { itemId } = await readyItem(ports, ada, { headline: "A harbour in Bergen" });
		const first = `A harbour in Bergen [${itemId.slice(0, 8)}].`;
		const invented = `A castle in Wales [${itemId.slice(0, 8)}].`;
		const written = Promise.withResolvers<void>();
		let isOver = false;
		const server = createServer(async (_, response) => {
			response.writeHead(200, { "content-type": "text/event-stream" });
			const write = (event: { type: string }) =>
				response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
			const writeText = (text: string) =>
				write({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } } as never);
			write({ type: "message_start", message: { id: "m", content: [], usage: { input_tokens: 9 } } } as never);
			write({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as never);
			writeText(`${invented} ${first.slice(0, 12)}`);
			writeText(`${first.slice(12)} In Bergen`);
			await written.promise;
			isOver = true;
			writeText(` is a harbour [${itemId.slice(0, 8)}].`);
			write({ type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 5 } } as never);
			write({ type: "message_stop" });
			response.end();
		});
		await once(server.listen(0, "127.0.0.1"), "listening");
		onTestFinished(() => void server.close());
		const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const key = { setting: "a key", read: async () => "key-1" };
		const chat = chatFor({ provider: "anthropic", anthropic: { key, model: "claude-sonnet-5-5", baseUrl } });
		const response = await open(testApi({ ports: { ...ports, chat } }), "/search/stream", { query: "harbour" });
		const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader();
		const events: Event[] = [];
		for (;;) {
			const { done, value } = (await reader?.read()) ?? {};
			if (done) break;
			events.push(...eventsIn(String(value)));
			if (names(events).at(-1) !== "sentence") continue;
			if (!isOver)
				expect(events.at(-1)?.data).toEqual({ text: `A harbour in Bergen [${itemId}].`, item_ids: [itemId] });
			written.resolve();
		}
		expect(names(events)).toEqual(["step", "hits", "sentence", "sentence", "done"]);
		const sentences = events.filter(({ event }) => event === "sentence").map(({ data }) => data.text);
		expect(sentences.join("")).toBe(events.at(-1)?.data.answer);
	});

	it("is taken back where the model calls a tool after it", async () => {
		const ports = fakePorts();
		const { itemId } = await readyItem(ports, ada, { headline: "A harbour in Bergen" });
		const cited = `[${itemId.slice(0, 8)}]`;
		const search = [{ name: "search_collection", input: { query: "harbour" } }];
		const replies: { text?: string; toolCalls?: typeof search }[] = [
			{ toolCalls: search },
			{ text: `A harbour in Bergen ${cited}. Let me look again.`, toolCalls: search },
			{ text: `Bergen has a harbour ${cited}. It is a harbour in Bergen ${cited}.` },
		];
		const answering = fakeChat((request, calls) => {
			const reply = replies[calls - 1] ?? {};
			for (let end = 1; end <= (reply.text ?? "").length; end += 1) request.onText?.((reply.text ?? "").slice(0, end));
			return reply;
		});
		const { as } = testApi({ ports: { ...ports, chat: answering } });
		const events = eventsIn((await as(ada)("POST", "/chat/stream", { json: { message: "harbour" } })).body);
		const shown = names(events).filter((name) => name !== "step");
		expect(shown).toEqual(["sentence", "withdrawn", "sentence", "hits", "sentence", "done"]);
		const sentences = events.slice(names(events).indexOf("withdrawn")).filter(({ event }) => event === "sentence");
		expect(sentences.map(({ data }) => data.text).join("")).toBe(events.at(-1)?.data.message.content);
	});
});

describe("POST /chat/stream", () => {
	it("sends steps, hits, sentences and the plain route's answer, and leaves the plain route's history", async () => {
		const { as } = await harbours();
		const say = (session_id: string) => ({ json: { message: "harbour", session_id } });
		const events = eventsIn((await as(ada)("POST", "/chat/stream", say("streamed"))).body);
		expect(names(events)).toEqual(["step", "step", "hits", "sentence", "sentence", "done"]);
		const { body } = await as(ada)("POST", "/chat", say("plain"));
		expect(Object.keys(events.at(-1)?.data)).toEqual(Object.keys(body));
		const historyOf = async (session: string) => {
			const { body } = await as(ada)("GET", `/chat/${session}/history`);
			const own = /^(session_id|timestamp|trace_id|.*_at|.*_activity)$/;
			return JSON.parse(JSON.stringify(body, (name, value) => (own.test(name) && value ? "its own" : value)));
		};
		expect(await historyOf("streamed")).toEqual(await historyOf("plain"));
		const sentences = events.filter(({ event }) => event === "sentence").map(({ data }) => data.text);
		expect(sentences.join("")).toBe(events.at(-1)?.data.message.content);
	});

	it("ends with the problem of a provider's failure, and the message sent again continues its turn", async () => {
		let isAway = true;
		const { as } = await harbours(
			fakeChat(() => (isAway ? new ModelFailure("chat_unavailable", "The model gave no answer.") : { text: "Hello." })),
		);
		const json = { message: "Good morning", session_id: "s" };
		const failed = eventsIn((await as(ada)("POST", "/chat/stream", { json })).body);
		expect(names(failed)).toEqual(["step", "error"]);
		expect(failed.at(-1)?.data).toMatchObject({ status: 503, code: "chat_unavailable" });
		isAway = false;
		expect((await as(ada)("POST", "/chat", { json })).body.conversation_turn).toBe(1);
		expect((await as(ada)("GET", "/chat/s/history")).body).toMatchObject({ message_count: 2, in_progress: null });
	});

	it("ends with a problem when its time is over, and gives back the session and its place", async () => {
		const { chat, release } = hangingChat();
		const api = await harbours(chat, { maxAnswerMs: 50, limits: { ...generousLimits, parallelExpensive: 1 } });
		const json = { message: "Good morning", session_id: "s" };
		const events = eventsIn((await api.as(ada)("POST", "/chat/stream", { json })).body);
		expect(events.at(-1)).toMatchObject({ event: "error", data: { status: 504, code: "timed_out" } });
		release();
		expect((await api.as(ada)("POST", "/chat", { json })).body.conversation_turn).toBe(1);
		expect((await api.as(ada)("GET", "/chat/s/history")).body.message_count).toBe(2);
	});

	it("ends the turn of a client that goes", async () => {
		const { chat, called, release } = hangingChat();
		const api = await harbours(chat);
		const json = { message: "Good morning", session_id: "s" };
		const response = await open(api, "/chat/stream", json);
		await called;
		await response.body?.cancel();
		release();
		await expect
			.poll(async () => (await api.as(ada)("GET", "/chat/s/history")).body, { timeout: 2_000 })
			.toMatchObject({ message_count: 1, in_progress: null });
		expect((await api.as(ada)("POST", "/chat", { json })).body.conversation_turn).toBe(1);
	});

	it("ends with `turn_canceled` within two seconds of a cancellation, and stores nothing of the answer", async () => {
		const { chat, called, release } = hangingChat();
		const api = await harbours(chat);
		const json = { message: "Good morning", session_id: "s" };
		const ended = (async () => eventsIn(await (await open(api, "/chat/stream", json)).text()))();
		await called;
		const turn = "/chat/s/turn";
		expect((await api.as(bob)("DELETE", turn)).status).toBe(404);
		const asked = performance.now();
		expect((await api.as(ada)("DELETE", turn)).body).toEqual({ status: "canceled", session_id: "s" });
		expect((await ended).at(-1)).toMatchObject({ event: "error", data: { status: 409, code: "turn_canceled" } });
		expect(performance.now() - asked).toBeLessThan(2_000);
		expect((await api.as(ada)("DELETE", turn)).body).toEqual({ status: "idle", session_id: "s" });
		release();
		await sleep(20); // the canceled turn's model answers now
		expect((await api.as(ada)("GET", "/chat/s/history")).body).toMatchObject({ message_count: 1, in_progress: null });
		expect((await api.as(ada)("POST", "/chat", { json })).body.conversation_turn).toBe(1);
	});

	it.each(["canceled", "left", "over"])("ends the model's request when the turn is %s", async (how) => {
		const server = await serveProvider();
		onTestFinished(() => server.close());
		server.answers("silence");
		const key = { setting: "a key", read: async () => "key-1" };
		const chat = chatFor({
			provider: "anthropic",
			anthropic: { key, model: "claude-sonnet-5-5", baseUrl: server.url },
		});
		const api = await harbours(chat, how === "over" ? { maxAnswerMs: 2_500 } : {});
		const response = await open(api, "/chat/stream", { message: "Good morning", session_id: "s" });
		await expect.poll(() => server.requests.length, { timeout: 20_000 }).toBe(1);
		if (how === "canceled") await api.as(ada)("DELETE", "/chat/s/turn");
		if (how === "left") await response.body?.cancel();
		else expect(names(eventsIn(await response.text())).at(-1)).toBe("error");
		await expect.poll(() => server.requests[0]?.abandoned, { timeout: 5_000 }).toBe(true);
		expect(server.requests).toHaveLength(1);
	});

	it("lets one of two streams in a session answer, and tells the other that it is busy", async () => {
		const { chat, called, release } = hangingChat();
		const api = await harbours(chat);
		const first = open(api, "/chat/stream", { message: "one", session_id: "s" });
		await called;
		const second = await api.as(ada)("POST", "/chat/stream", { json: { message: "two", session_id: "s" } });
		expect(eventsIn(second.body).at(-1)).toMatchObject({ event: "error", data: { code: "session_busy" } });
		release();
		expect(names(eventsIn(await (await first).text())).at(-1)).toBe("done");
		expect((await api.as(ada)("GET", "/chat/s/history")).body.message_count).toBe(2);
	});
});

describe.each([
	["/search/stream", { query: "harbour" }],
	["/chat/stream", { message: "harbour" }],
])("POST %s", (path, json) => {
	it("refuses without a stream: no token, wrong fields, a key that a stream cannot keep", async () => {
		const { as, app } = await harbours();
		const anonymous = await app.request(path, { method: "POST", body: JSON.stringify(json) });
		expect(anonymous.status).toBe(401);
		expect(anonymous.headers.get("content-type")).toContain("problem+json");
		expect((await as(ada)("POST", path, { json: { ...json, stream: true } })).status).toBe(422);
		const headers = { authorization: `Bearer ${ada}`, "content-type": "application/json", "idempotency-key": "k" };
		const keyed = await as(ada)("POST", path, { json, raw: { headers } });
		expect(keyed).toMatchObject({ status: 400, body: { code: "invalid_request" } });
	});

	it("begins before it is counted, and a refusal that only the table knows ends it without work", async () => {
		const ports = fakePorts();
		const counted = Promise.withResolvers<void>();
		const rateLimits: RateLimits = {
			...ports.rateLimits,
			refusal: async () => null,
			take: async (...request) => {
				await counted.promise;
				return ports.rateLimits.take(...request);
			},
		};
		let calls = 0;
		const chat = fakeChat(() => {
			calls += 1;
			return { text: "Hello." };
		});
		const requestsPerMinute = { ...generousLimits.requestsPerMinute, expensive: 1 };
		const api = testApi({ ports: { ...ports, rateLimits, chat }, limits: { ...generousLimits, requestsPerMinute } });
		await readyItem(ports, ada, { headline: "A harbour in Bergen" });
		await ports.rateLimits.take(ada, rateLimitOf({ ...generousLimits, requestsPerMinute }, "expensive"), 1);
		const response = await open(api, path, json);
		expect(response.status).toBe(200);
		const reader = response.body?.pipeThrough(new TextDecoderStream() as never).getReader();
		expect(eventsIn(String((await reader?.read())?.value)).map(({ event }) => event)).toEqual(["step"]);
		counted.resolve();
		const [refused] = eventsIn(String((await reader?.read())?.value));
		expect(refused).toMatchObject({ event: "error", data: { status: 429, code: "rate_limited", retry_after: 60 } });
		expect((await reader?.read())?.done).toBe(true);
		expect(calls).toBe(0);
		const known = await testApi({ ports, limits: { ...generousLimits, requestsPerMinute } }).as(ada)("POST", path, {
			json,
		});
		expect([known.status, known.headers.get("retry-after")]).toEqual([429, "60"]);
	});

	it("keeps its place among the requests that run at once until it ends, and puts its models on the person's bill", async () => {
		const { chat, called, release } = hangingChat();
		const usage = { provider: "fake", model: "m", inputTokens: 10, outputTokens: 5, costUsd: 0.001 };
		const billed: Chat = {
			async answer(request) {
				noteTokenUsage(usage);
				return chat.answer(request);
			},
		};
		const api = await harbours(billed, { limits: { ...generousLimits, parallelExpensive: 1 } });
		const first = open(api, path, json);
		await called;
		expect((await open(api, path, json)).status).toBe(429);
		release();
		expect(await (await first).text()).toContain("event: done");
		expect(await (await open(api, path, json)).text()).toContain("event: done");
		expect((await api.as(ada)("GET", "/usage")).body.total).toMatchObject({ calls: 2, output_tokens: 10 });
	});
});
