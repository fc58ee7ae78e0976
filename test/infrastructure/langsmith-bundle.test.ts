import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { build, metafileOf } from "#scripts/build.ts";

// Of the api's bundle as it is deployed. LangChain's core imports LangSmith's client itself, whether or not it is used:
// what a key decides is whether a tracer is made, and whether anything leaves.
const { api } = await build({ architecture: "host" });
const { outputs } = metafileOf("api");

/** The chunk that a module of ours begins. */
function chunkOf(module: string): string {
	const found = Object.entries(outputs).find(
		([, { entryPoint }]) => entryPoint === `packages/chat/${module}.ts`,
	);
	if (!found) throw new Error(`The bundle has no chunk of ${module}.`);
	return found[0];
}

/** With what is loaded with it at once. */
function loadedWith(chunk: string, seen = new Set<string>()): Set<string> {
	seen.add(chunk);
	for (const { path, kind } of outputs[chunk]?.imports ?? []) {
		if (kind !== "dynamic-import" && outputs[path] && !seen.has(path)) {
			loadedWith(path, seen);
		}
	}
	return seen;
}

const load = (module: string) =>
	import(join(api, chunkOf(module).split("/").at(-1) ?? ""));

/** Paths that LangSmith's endpoint was asked for. */
const requests: string[] = [];
const server = createServer((incoming, outgoing) => {
	requests.push(incoming.url ?? "");
	incoming.resume();
	incoming.once("end", () => outgoing.writeHead(202).end("{}"));
});
beforeAll(async () => {
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
});
afterAll(async () => {
	server.close();
	server.closeAllConnections();
	await once(server, "close");
});

test("the tracer is not loaded with the graph", () => {
	const graph = chunkOf("graph");
	const tracer = chunkOf("langsmith");
	expect(loadedWith(graph)).not.toContain(tracer);
	expect(loadedWith(tracer)).toContain(tracer);
});

test("a turn of the bundle is answered without LangSmith, and recorded with it", async () => {
	const { graphTurns } = await load("graph");
	const { langSmithTracing } = await load("langsmith");
	const steps = {
		listen: async () => ({ turn: { answer: null } }),
		answer: async () => ({ turn: { answer: { text: "Yes.", items: [] } } }),
		useTools: async () => ({}),
		next: ({ turn }: { turn: { answer: object | null } }) =>
			turn.answer ? null : "answer",
	};
	const take = (tracing: object | null) =>
		graphTurns(
			() => undefined,
			async () => tracing,
		).take("user", "session", { question: "Is it?" }, steps);
	expect((await take(null)).turn.answer.text).toBe("Yes.");
	expect(requests).toEqual([]);
	const tracing = langSmithTracing({
		apiKey: "ls-key",
		project: "test",
		hideInputs: true,
		hideOutputs: true,
		baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
	});
	expect((await take(tracing)).turn.answer.text).toBe("Yes.");
	expect(requests.filter((path) => path.startsWith("/runs"))).not.toEqual([]);
});
