import { beforeEach, describe, expect, it } from "vitest";
import { cachedQueries } from "#ai/cached-queries.ts";
import type { Embedder, QueryVectors } from "#core/ports/index.ts";
import { fakeClock } from "#fakes/clock.ts";
import { fakeEmbedder } from "#fakes/models.ts";
import { fakeQueryVectors } from "#fakes/query-vectors.ts";

const clock = fakeClock();
let queryVectors: QueryVectors;
let embedded: string[][];
let hits: number;
let failures: unknown[];
beforeEach(() => {
	queryVectors = fakeQueryVectors(clock);
	embedded = [];
	hits = 0;
	failures = [];
});

/** Makes the embedder of one sandbox, which shares nothing but the store with another. */
function sandbox(model = "model-1", store = queryVectors): Embedder {
	const embedder = fakeEmbedder(model);
	const counted: Embedder = {
		...embedder,
		async embed(texts, ...more) {
			embedded.push(texts);
			return embedder.embed(texts, ...more);
		},
	};
	return cachedQueries(counted, store, {
		seconds: 60,
		onHit: () => void hits++,
		onFailure: (error) => void failures.push(error),
	});
}

const deadline = new Date(Date.now() + 60_000);
const query = (embedder: Embedder, text: string, userId = "ada") =>
	embedder.embed([text], "query", { deadline, userId });

describe("a person's query", () => {
	it("is embedded once for all sandboxes, and has the same vector then, for nothing", async () => {
		const first = await query(sandbox(), "gate to Iceland");
		expect(first.usage).toHaveLength(1);
		const again = await query(sandbox(), "gate to Iceland");
		expect(again).toEqual({ vectors: first.vectors, usage: [] });
		expect([embedded, hits]).toEqual([[["gate to Iceland"]], 1]);
	});

	it.each<[string, Parameters<typeof query>]>([
		["of another person", [sandboxOf("model-1"), "gate", "bob"]],
		["in other words", [sandboxOf("model-1"), "gates"]],
		["by another model", [sandboxOf("model-2"), "gate"]],
	])("%s is embedded anew", async (_, [other, ...asked]) => {
		await query(sandbox(), "gate");
		await query(other, ...asked);
		expect([embedded.length, hits]).toEqual([2, 0]);
	});

	it("is embedded anew after the vector's life", async () => {
		await query(sandbox(), "gate");
		clock.advance(61);
		await query(sandbox(), "gate");
		expect([embedded.length, hits]).toEqual([2, 0]);
	});

	it("is embedded while the store is away, which is told and left alone for a while", async () => {
		let asked = 0;
		const away = async () => {
			asked += 1;
			throw new Error("away");
		};
		const embedder = sandbox("model-1", { find: away, keep: away });
		for (let at = 0; at < 3; at++) expect((await query(embedder, "gate")).vectors).toHaveLength(1);
		expect([embedded.length, asked, failures]).toEqual([3, 1, [new Error("away")]]);
	});

	it("that the model does not embed is not kept", async () => {
		const failing = cachedQueries({ ...fakeEmbedder(), embed: () => Promise.reject(new Error("down")) }, queryVectors, {
			seconds: 60,
			onHit: () => void hits++,
			onFailure: (error) => void failures.push(error),
		});
		await expect(query(failing, "gate")).rejects.toThrow("down");
		expect((await query(sandbox("fake-embedding"), "gate")).usage).toHaveLength(1);
	});
});

it("texts of items, and of nobody, are embedded each time", async () => {
	for (let at = 0; at < 2; at++) {
		await sandbox().embed(["a text"], "document", { deadline, userId: "ada" });
		await sandbox().embed(["a text"], "query", { deadline });
	}
	expect([embedded.length, hits]).toEqual([4, 0]);
});

/** Makes a sandbox whose store is that of the running test. */
function sandboxOf(model: string): Embedder {
	return sandbox(model, {
		find: (...asked) => queryVectors.find(...asked),
		keep: (...kept) => queryVectors.keep(...kept),
	});
}
