import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { chatFor } from "#ai/chat.ts";
import { circuitBreaker, circuitThresholds } from "#ai/circuit-breaker.ts";
import type { ApiKey } from "#ai/provider.ts";
import { dynamoDbCircuits } from "#aws/circuits.ts";
import { ModelFailure } from "#core/errors.ts";
import type { Circuits } from "#core/ports/index.ts";
import { fakeCircuits } from "#fakes/circuits.ts";
import { anthropicChatWire, openaiChatWire } from "#tools/provider-stubs/chat-wire.ts";
import { type ProviderServer, type Reply, serveProvider } from "#tools/provider-stubs/server.ts";
import { backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";
import { jumpingClock } from "./conversations.ts";
import { inSeconds, rejectionOf } from "./providers/calls.ts";

const clock = jumpingClock();
const second = 1_000;

describe("circuits in memory", () => {
	const circuits = fakeCircuits(clock.now);
	circuitsContract(() => circuits);
});

test("a call that tries a slow server keeps its place until its request has timed out", async () => {
	const circuits = fakeCircuits(clock.now);
	const sandbox = () => circuitBreaker(circuits, { onOpen: () => {}, onFailure: () => {}, now: clock.now });
	await circuits.open("slow", clock.now() + second);
	clock.pass(2 * second);
	const slow = 280 * second;
	const trial = await sandbox().enter("slow", slow);
	if (typeof trial === "number") throw new Error("It does not try.");
	clock.pass(270 * second);
	expect(await sandbox().enter("slow", slow)).toBeTypeOf("number");
	await trial.record("answered", 270 * second);
	expect((await circuits.read("slow")).openUntil).toBeNull();
	await circuits.open("slow", clock.now() + second);
	clock.pass(2 * second);
	await sandbox().enter("slow", slow);
	// Its sandbox died.
	clock.pass(311 * second);
	expect(await sandbox().enter("slow", slow)).toBeTypeOf("object");
});

describe.each(backends)("circuits on $name", ({ start }) => {
	const backend = startedBackend(start);
	const circuits = () =>
		dynamoDbCircuits({ dynamodb: backend().dynamodb, table: backend().table, now: clock.now, maxCallMs: 20_000 });
	circuitsContract(circuits);
	breakerContract(circuits);
});

function circuitsContract(get: () => Circuits): void {
	it("count the requests of a window together, and begin another after it", async () => {
		const name = randomUUID();
		expect(await get().read(name)).toEqual({ requests: 0, failures: 0, openUntil: null });
		await get().count(name, { requests: 3, failures: 1 }, 60 * second);
		expect(await get().count(name, { requests: 1, failures: 1 }, 60 * second)).toMatchObject({
			requests: 4,
			failures: 2,
		});
		expect(await get().read(name)).toEqual({ requests: 4, failures: 2, openUntil: null });
		clock.pass(61 * second);
		expect(await get().read(name)).toMatchObject({ requests: 0, failures: 0 });
		expect(await get().count(name, { requests: 1, failures: 1 }, 60 * second)).toMatchObject({
			requests: 1,
			failures: 1,
		});
	});

	it("are opened once, however many find that they should be", async () => {
		const name = randomUUID();
		const until = clock.now() + 30 * second;
		const opened = await Promise.all([1, 2, 3, 4].map(() => get().open(name, until)));
		expect(opened.filter((each) => each)).toHaveLength(1);
		expect((await get().read(name)).openUntil).toBe(until);
	});

	it("let one caller try at a time, who closes them or frees the place", async () => {
		const name = randomUUID();
		expect(await get().claimProbe(name, clock.now() + second)).toBe(false);
		await get().open(name, clock.now() + 30 * second);
		expect(await get().claimProbe(name, clock.now() + 60 * second)).toBe(false);
		clock.pass(31 * second);
		const ends = clock.now() + 60 * second;
		const claimed = await Promise.all([0, 1, 2].map((more) => get().claimProbe(name, ends + more)));
		expect(claimed.filter((each) => each)).toHaveLength(1);
		const mine = ends + claimed.indexOf(true);
		await get().releaseProbe(name, mine - 10);
		expect(await get().claimProbe(name, ends)).toBe(false);
		await get().releaseProbe(name, mine);
		expect(await get().claimProbe(name, mine)).toBe(true);
		await get().close(name, mine);
		expect(await get().read(name)).toEqual({ requests: 0, failures: 0, openUntil: null });
	});

	it("give the place of a caller who died to another", async () => {
		const name = randomUUID();
		await get().open(name, clock.now() + second);
		clock.pass(2 * second);
		expect(await get().claimProbe(name, clock.now() + 10 * second)).toBe(true);
		clock.pass(11 * second);
		expect(await get().claimProbe(name, clock.now() + 10 * second)).toBe(true);
	});
}

const key: ApiKey = { setting: "the parameter /collections/test/a-key", read: async () => "key-1" };
const works: Reply = anthropicChatWire.reply({ text: "Gate 12." });
const failed = (status: number): Reply => ({ status, body: { error: { type: "e", message: "no" } } });

function breakerContract(get: () => Circuits): void {
	let server: ProviderServer;
	beforeAll(async () => {
		server = await serveProvider();
	});
	afterAll(() => server.close());

	/** Makes a sandbox that asks a model of its own, and counts the circuits that it opens. */
	function sandbox(model: string, circuits = get(), thresholds = circuitThresholds) {
		const told = { opened: 0, failures: [] as unknown[] };
		const breaker = circuitBreaker(circuits, {
			onOpen: () => void told.opened++,
			onFailure: (error) => void told.failures.push(error),
			now: clock.now,
			thresholds,
		});
		const chat = chatFor({ provider: "anthropic", anthropic: { key, model, baseUrl: server.url, breaker } });
		const ask = (seconds = 20) =>
			chat.answer({ messages: [{ role: "user", text: "Which gate?" }], deadline: inSeconds(seconds) });
		return { told, ask, fails: (seconds?: number) => rejectionOf(ask(seconds), ModelFailure) };
	}

	it("cost a dead model's callers milliseconds, in every sandbox", async () => {
		server.answers(failed(503));
		const model = randomUUID();
		const [first, second, third] = [sandbox(model), sandbox(model), sandbox(model)];
		await first.fails();
		await second.fails();
		expect(server.requests.length).toBeLessThan(7);
		expect(first.told.opened + second.told.opened).toBe(1);
		expect(await second.fails()).toMatchObject({ outage: { wasAsked: false, seconds: 30 } });
		const asked = server.requests.length;
		const times: number[] = [];
		for (let at = 0; at < 40; at++) {
			const began = performance.now();
			const error = await third.fails();
			times.push(performance.now() - began);
			expect(error).toMatchObject({ code: "chat_unavailable", message: expect.stringContaining("failed too often") });
			expect(error.retryAfterSeconds).toBeGreaterThan(0);
		}
		expect(server.requests).toHaveLength(asked);
		expect(times.sort((a, b) => a - b)[37]).toBeLessThan(500);
	});

	it("close with the first answer after the rest, for which one caller asks", async () => {
		server.answers(failed(503));
		const model = randomUUID();
		const [first, second] = [sandbox(model), sandbox(model)];
		await first.fails();
		await first.fails();
		expect(first.told.opened).toBe(1);
		server.answers(failed(503));
		clock.pass(31_000);
		expect(await first.fails()).toMatchObject({ outage: { wasAsked: true, seconds: 30 } });
		// The failed trial is one request, and opens again.
		expect(server.requests).toHaveLength(1);
		await second.fails();
		expect([server.requests.length, first.told.opened]).toEqual([1, 2]);
		server.answers(works);
		clock.pass(31_000);
		expect((await second.ask()).message.text).toBe("Gate 12.");
		clock.pass(6_000);
		expect((await first.ask()).message.text).toBe("Gate 12.");
	});

	it("stay closed whatever wrong requests one person sends, and where most requests are answered", async () => {
		const model = randomUUID();
		const [stranger, other] = [sandbox(model), sandbox(model)];
		server.answers(failed(400));
		for (let at = 0; at < 20; at++) await stranger.fails();
		server.answers(works);
		for (let at = 0; at < 20; at++) await other.ask();
		server.answers(failed(500), failed(500), failed(500), works);
		await other.fails();
		expect(stranger.told.opened + other.told.opened).toBe(0);
		await other.ask();
		await stranger.ask();
	});

	it("open after the first request where a model hangs for long", async () => {
		server.answers("silence");
		const model = randomUUID();
		const thresholds = { ...circuitThresholds, minTimeoutMs: 1_000, countedMs: 300 };
		const [first, second] = [sandbox(model, get(), thresholds), sandbox(model)];
		const seconds = 2;
		expect(await first.fails(seconds)).toMatchObject({ outage: { wasAsked: true } });
		expect([server.requests.length, first.told.opened]).toEqual([1, 1]);
		const began = performance.now();
		expect(await second.fails()).toMatchObject({ outage: { wasAsked: false } });
		expect(performance.now() - began).toBeLessThan(1_000);
		server.answers(works);
		clock.pass(31_000);
		expect((await second.ask()).message.text).toBe("Gate 12.");
	});

	it("let the next model of a list answer in milliseconds", async () => {
		server.answersBy(({ path }) =>
			path.includes("messages") ? failed(503) : openaiChatWire.reply({ text: "Gate 9." }),
		);
		const breaker = circuitBreaker(get(), { onOpen: () => {}, onFailure: () => {}, now: clock.now });
		const settings = () => ({ key, model: randomUUID(), baseUrl: server.url, breaker });
		const chat = chatFor({ provider: "anthropic", fallbacks: ["openai"], anthropic: settings(), openai: settings() });
		const ask = () => chat.answer({ messages: [{ role: "user", text: "Which gate?" }], deadline: inSeconds(20) });
		while (server.requests.filter(({ path }) => path.includes("messages")).length < 5) await ask();
		const began = performance.now();
		expect((await ask()).message.text).toBe("Gate 9.");
		expect(performance.now() - began).toBeLessThan(500);
		expect(server.requests.filter(({ path }) => path.includes("messages"))).toHaveLength(5);
	});

	it("let calls pass while their store is away, which is told", async () => {
		server.answers(works);
		const away = async () => {
			throw new Error("away");
		};
		const store = { read: away, count: away, open: away, claimProbe: away, releaseProbe: away, close: away };
		const { ask, told } = sandbox(randomUUID(), store);
		for (let at = 0; at < 3; at++) expect((await ask()).message.text).toBe("Gate 12.");
		expect(told.failures).toEqual([new Error("away")]);
	});
}
