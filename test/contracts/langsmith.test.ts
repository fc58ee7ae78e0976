import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { MemorySaver } from "@langchain/langgraph-checkpoint";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { graphTurns } from "#chat/graph.ts";
import { langSmithTracing, type RunTracing } from "#chat/langsmith.ts";
import { fakePorts } from "#fakes/ports.ts";
import { ask, type Say } from "../unit/chat/talk.ts";

/** The requests to the fake LangSmith, which answers with `status`. */
let received: { path: string; key: unknown; text: string }[] = [];
let status = 202;
const server = createServer(async (incoming, outgoing) => {
	const chunks: Buffer[] = [];
	for await (const chunk of incoming) chunks.push(chunk);
	const body = Buffer.concat(chunks);
	const encoding = incoming.headers["content-encoding"];
	const text = (
		encoding === "zstd" ? zstdDecompressSync(body) : encoding === "gzip" ? gunzipSync(body) : body
	).toString();
	received.push({
		path: incoming.url ?? "",
		key: incoming.headers["x-api-key"],
		text,
	});
	outgoing.writeHead(status, { "content-type": "application/json" }).end("{}");
});
let baseUrl = "";
beforeAll(async () => {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
	server.close();
	server.closeAllConnections();
	await once(server, "close");
});
beforeEach(() => {
	received = [];
	status = 202;
});

const tracing = (more: { hideInputs?: boolean; hideOutputs?: boolean; maxFlushMs?: number } = {}) =>
	langSmithTracing({
		apiKey: "ls-key",
		project: "collections-test",
		hideInputs: true,
		hideOutputs: true,
		baseUrl,
		// The machine may be busy.
		maxFlushMs: 30_000,
		...more,
	});

async function turn(traced: RunTracing | null, say: Say = () => ({ text: "Grandmother's reply." })) {
	const saver = new MemorySaver();
	const turns = graphTurns(
		() => saver,
		async () => traced,
	);
	return ask({ ...fakePorts(), turns }, randomUUID(), "Where did I meet Agatha?", say, { sessionId: "honeymoon" });
}
const sent = () => received.map(({ text }) => text).join("\n");

test("a turn is recorded with its steps and without its messages", async () => {
	await turn(tracing());
	expect(received.some(({ path }) => path.startsWith("/runs"))).toBe(true);
	expect(received.filter(({ path }) => path.startsWith("/runs"))).toSatisfy((all: typeof received) =>
		all.every(({ key }) => key === "ls-key"),
	);
	for (const step of ["turn", "begin", "callModel"]) {
		expect(sent()).toContain(`"name":"${step}"`);
	}
	expect(sent()).not.toMatch(/Agatha|Grandmother|honeymoon/);
});

test("messages are recorded only if the setting allows it", async () => {
	await turn(tracing({ hideInputs: false }));
	expect(sent()).toContain("Agatha");
	received = [];
	await turn(tracing({ hideInputs: false, hideOutputs: false }));
	expect(sent()).toContain("Grandmother");
});

/** Runs a turn whose model fails with a message that quotes the user. */
async function failingTurn(hidden: { hideInputs?: boolean; hideOutputs?: boolean } = {}) {
	const failing = turn(tracing(hidden), () => {
		throw new Error("no answer for Bartholomew");
	});
	await expect(failing).rejects.toThrow("Bartholomew");
}

test("a failed turn's reason is not sent", async () => {
	await failingTurn();
	expect(sent()).toMatch(/\.error"[\s\S]{0,80}"hidden"/);
	expect(sent()).not.toMatch(/Agatha|Bartholomew|honeymoon/);
});

test.each([
	{ hideInputs: false, hideOutputs: true },
	{ hideInputs: true, hideOutputs: false },
])(
	"a reason may quote inputs and outputs, so it is not sent with hideInputs $hideInputs and hideOutputs $hideOutputs",
	async (hidden) => {
		await failingTurn(hidden);
		expect(sent()).not.toContain("Bartholomew");
	},
);

test("the reason and the session's name are sent if inputs and outputs are", async () => {
	await failingTurn({ hideInputs: false, hideOutputs: false });
	expect(sent()).toContain("Bartholomew");
	expect(sent()).toContain("honeymoon");
});

test("the session's name is sent with the inputs, not with the outputs", async () => {
	await turn(tracing({ hideInputs: false, hideOutputs: true }));
	expect(sent()).toContain("honeymoon");
	received = [];
	await turn(tracing({ hideInputs: true, hideOutputs: false }));
	expect(sent()).toContain("Grandmother");
	expect(sent()).not.toContain("honeymoon");
});

test("without a key nothing is sent", async () => {
	await turn(null);
	expect(received).toEqual([]);
});

test("a failing LangSmith does not affect the answer", async () => {
	status = 500;
	expect((await turn(tracing({ maxFlushMs: 500 }))).text).toBe("Grandmother's reply.");
});
