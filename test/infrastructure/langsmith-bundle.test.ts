import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundles, metafiles } from "./built.ts";

// Of the api's bundle as it is deployed. LangChain's core imports LangSmith's client itself, whether or not it is used:
// in the bundle it comes with the tracer, which a key brings (bundle-contents.test.ts sees that nothing else does).
const { outputs } = metafiles.api;

/** Returns the chunk whose entry is one of our modules. */
function chunkOf(module: string): string {
	const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === `packages/chat/${module}.ts`);
	if (!found) throw new Error(`The bundle has no chunk of ${module}.`);
	return found[0];
}

const load = (module: string) => import(join(bundles.api, chunkOf(module).split("/").at(-1) ?? ""));

/** The requests that LangSmith's endpoint received, by address. */
const requests: { path: string; text: string }[] = [];
const server = createServer(async (incoming, outgoing) => {
	const chunks: Buffer[] = [];
	for await (const chunk of incoming) chunks.push(chunk);
	const body = Buffer.concat(chunks);
	const isZstd = incoming.headers["content-encoding"] === "zstd";
	requests.push({
		path: incoming.url ?? "",
		text: (isZstd ? zstdDecompressSync(body) : body).toString(),
	});
	outgoing.writeHead(202).end("{}");
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

test("the bundle answers a turn without LangSmith, and records it with LangSmith", async () => {
	const { graphTurns } = await load("graph");
	const { langSmithTracing } = await load("langsmith");
	const steps = {
		begin: async () => ({ turn: { answer: null } }),
		callModel: async () => ({ turn: { answer: { text: "Yes.", items: [] } } }),
		runTools: async () => ({}),
		next: ({ turn }: { turn: { answer: object | null } }) => (turn.answer ? null : "callModel"),
	};
	const take = (tracing: object | null) =>
		graphTurns(
			() => undefined,
			async () => tracing,
		).run("user", "session", { question: "Is it?" }, steps);
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
	const runs = requests.filter(({ path }) => path.startsWith("/runs"));
	const sent = runs.map(({ text }) => text).join("\n");
	for (const step of ["turn", "begin", "callModel"]) {
		expect(sent).toContain(`"name":"${step}"`);
	}
	// The steps are children of their turn.
	expect(sent).toMatch(/"parent_run_id":"[\da-f-]{36}"/);
	const before = requests.length;
	expect((await take(null)).turn.answer.text).toBe("Yes.");
	expect(requests).toHaveLength(before);
});
