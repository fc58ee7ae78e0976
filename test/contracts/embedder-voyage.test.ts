import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embedderFor } from "#ai/embedder.ts";
import { type AppError, ModelFailure } from "#core/errors.ts";
import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";
import { voyageWire as wire } from "#tools/provider-stubs/wire.ts";
import { endsBeforeDeadline, hangs, inSeconds, rejectionOf } from "./providers/calls.ts";

let server: ProviderServer;
let embedder: Embedder;
let key: string | null = "key-1";

beforeAll(async () => {
	server = await serveProvider();
	embedder = await embedderFor({
		provider: "voyage",
		voyage: {
			key: { setting: "the parameter /collections/test/voyage-api-key", read: async () => key },
			model: "voyage-3.5-lite",
			baseUrl: server.url,
		},
	});
});
afterAll(() => server.close());

const embed = (texts: string[], deadline = inSeconds(20)) => embedder.embed(texts, "document", { deadline });

const failure = (deadline?: Date) => rejectionOf(embed(["one"], deadline), ModelFailure);

/** Returns a vector with one number replaced. */
function flawed(at: number, value: unknown): unknown[] {
	return wire.vector(1).map((number, index) => (index === at ? value : number));
}

describe("the embedder by Voyage", () => {
	it("returns a unit vector per text, in the texts' order, with tokens and cost", async () => {
		server.answers(wire.answer([wire.vector(1), wire.vector(2)], 1_000));
		const { vectors, usage } = await embed(["one", "two"]);
		expect(vectors).toHaveLength(2);
		for (const [at, vector] of vectors.entries()) {
			expect(vector).toBeInstanceOf(Float32Array);
			expect(vector).toHaveLength(embeddingDimensions);
			expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
			const [first = 0, second = 1] = wire.vector(at + 1);
			expect((vector[0] ?? 0) / (vector[1] ?? 1)).toBeCloseTo(first / second, 4);
		}
		expect(usage).toEqual([
			{
				purpose: "embedding",
				provider: "voyage",
				model: "voyage-3.5-lite",
				inputTokens: 1_000,
				outputTokens: 0,
				costUsd: 0.00002,
			},
		]);
		expect(embedder.fusionWeights).toEqual({ vector: 0.7, text: 0.3 });
	});

	it.each(["document", "query"] as const)("sends the input type %s", async (inputType) => {
		server.answers(wire.answer([wire.vector(1)]));
		await embedder.embed(["one"], inputType, { deadline: inSeconds(5) });
		expect(server.requests[0]).toMatchObject({
			path: "/embeddings",
			headers: { authorization: "Bearer key-1" },
			body: {
				input: ["one"],
				model: "voyage-3.5-lite",
				input_type: inputType,
				output_dimension: embeddingDimensions,
				truncation: true,
			},
		});
	});

	it("sends no request for no texts", async () => {
		server.answers(wire.answer([]));
		expect(await embed([])).toEqual({ vectors: [], usage: [] });
		expect(server.requests).toHaveLength(0);
	});

	it.each([
		["too short", wire.vector(1, 512), "512 numbers where 1024 are needed"],
		["too long", wire.vector(1, 2_048), "2048 numbers where 1024 are needed"],
		["null in it", flawed(5, null), "not of finite numbers"],
		["text in it", flawed(5, "0.1"), "not of finite numbers"],
		["zero", new Array(embeddingDimensions).fill(0), "not of finite numbers"],
		["missing", null, "no vector for a text"],
	])("refuses a vector that is %s, and keeps its cost", async (_, vector, says) => {
		server.answers(wire.answer([vector], 12));
		const error = await failure();
		expect(error.code).toBe("embedding_unavailable");
		expect(error.message).toContain(says);
		expect(error.message).toContain("models.voyage");
		expect(error.usage).toMatchObject([{ inputTokens: 12 }]);
	});

	it.each(["NaN", "Infinity", "1e999"])("refuses a vector with the JSON token %s", async (literal) => {
		const answer = JSON.stringify((wire.answer([flawed(5, "HERE")]) as { body: unknown }).body);
		server.answers({ status: 200, body: answer.replace('"HERE"', literal) });
		expect((await failure(inSeconds(3))).code).toBe("embedding_unavailable");
	});

	it("refuses fewer vectors than texts", async () => {
		server.answers(wire.answer([wire.vector(1)]));
		await expect(embed(["one", "two"])).rejects.toMatchObject({ code: "embedding_unavailable" });
	});

	it("waits out the Retry-After of a 429, then gets an answer", async () => {
		server.answers(wire.error(429, "Slow down.", { "retry-after": "1" }), wire.answer([wire.vector(1)]));
		await embed(["one"]);
		const [first, second] = server.requests;
		expect(second && first && second.at - first.at).toBeGreaterThanOrEqual(990);
	});

	it("leaves a longer Retry-After to the queue, with its seconds", async () => {
		server.answers(wire.error(429, "Slow down.", { "retry-after": "90" }));
		expect(await failure()).toMatchObject({ code: "embedding_unavailable", retryAfterSeconds: 90 });
		expect(server.requests).toHaveLength(1);
	});

	it.each([
		["500", wire.error(500, "Oops")],
		["529", wire.error(529, "Overloaded")],
		["reset", "reset"],
	] as const)("survives one %s", async (_, reply) => {
		server.answers(reply, wire.answer([wire.vector(1)]));
		expect((await embed(["one"])).vectors).toHaveLength(1);
		expect(server.requests).toHaveLength(2);
	});

	it("gives up after three requests", async () => {
		server.answers(wire.error(500, "Oops"));
		expect((await failure()).code).toBe("embedding_unavailable");
		expect(server.requests).toHaveLength(3);
	});

	it.each(hangs)("ends before its deadline and disconnects if Voyage hangs (%s)", async (reply) => {
		const { code } = await endsBeforeDeadline(server, reply, (deadline) => failure(deadline));
		expect(code).toBe("embedding_unavailable");
	});

	it("names the setting to change for an unknown model", async () => {
		server.answers(wire.error(400, "Model voyage-3.5-lite is not supported. Supported models are ['voyage-4']."));
		const error = await failure();
		expect(error.code).toBe("model_gone");
		expect(error.message).toContain("models.voyage");
		expect(server.requests).toHaveLength(1);
	});

	it("without a key is off and names the setting that enables it", async () => {
		key = null;
		try {
			const error: AppError = await failure();
			expect(error.code).toBe("provider_not_configured");
			expect(error.message).toContain("/collections/test/voyage-api-key");
		} finally {
			key = "key-1";
		}
	});
});
