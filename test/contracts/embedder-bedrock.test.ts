import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { embedderFor } from "#ai/embedder.ts";
import { storedVector } from "#ai/stored-vector.ts";
import { ModelFailure } from "#core/errors.ts";
import { type Embedder, embeddingDimensions } from "#core/ports/index.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";
import { titanWire as wire } from "#tools/provider-stubs/wire.ts";
import { endsBeforeDeadline, hangs, inSeconds, rejectionOf, stubRoleCredentials } from "./providers/calls.ts";

const model = "amazon.titan-embed-text-v2:0";
let server: ProviderServer;
let embedder: Embedder;

beforeAll(async () => {
	stubRoleCredentials();
	server = await serveProvider();
	embedder = await embedderFor({ provider: "bedrock", bedrock: { model, baseUrl: server.url } });
});
afterAll(async () => {
	vi.unstubAllEnvs();
	await server.close();
});

const embed = (texts: string[], deadline = inSeconds(20)) => embedder.embed(texts, "document", { deadline });
const failure = (texts = ["one"], deadline?: Date) => rejectionOf(embed(texts, deadline), ModelFailure);

/** Answers each text with the vector that its number seeds. */
const bySeed = () => server.answersBy(({ body }) => wire.answer(wire.vector(Number(body.inputText)), 1_000));

describe("the embedder by Bedrock", () => {
	it("returns a unit vector per text, in the texts' order, with tokens and cost", async () => {
		bySeed();
		const seeds = Array.from({ length: 20 }, (_, at) => at + 1);
		const { vectors, usage } = await embed(seeds.map(String));
		expect(vectors).toEqual(seeds.map((seed) => storedVector(wire.vector(seed))));
		for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
		const billed = { inputTokens: 20_000, outputTokens: 0, costUsd: 0.0004 };
		expect(usage).toEqual([{ purpose: "embedding", provider: "bedrock", model, ...billed }]);
	});

	it("asks for our dimensions, with the role's signature, and sends a text for an empty one", async () => {
		server.answers(wire.answer(wire.vector(1)));
		await embed([""]);
		expect(server.requests).toMatchObject([
			{
				path: `/model/${encodeURIComponent(model)}/invoke`,
				headers: { authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 .*\/bedrock\/aws4_request/) },
				body: { inputText: "-", dimensions: embeddingDimensions, normalize: true },
			},
		]);
	});

	it("sends no request for no texts", async () => {
		server.answers(wire.answer([]));
		expect(await embed([])).toEqual({ vectors: [], usage: [] });
		expect(server.requests).toHaveLength(0);
	});

	it("embeds the beginning of a text that has too many tokens", async () => {
		server.answersBy(({ body }) =>
			body.inputText.length > 3_000
				? wire.error(400, "Too many input tokens. Max input tokens: 8192, request input token count: 9000")
				: wire.answer(wire.vector(1)),
		);
		expect((await embed(["あ".repeat(99_000)])).vectors).toHaveLength(1);
		expect(server.requests.map(({ body }) => body.inputText.length)).toEqual([
			50_000, 25_000, 12_500, 6_250, 3_125, 1_563,
		]);
	});

	it.each([
		["too long", wire.vector(1, 2_048), "2048 dimensions, more than the 1024"],
		["zero", new Array(embeddingDimensions).fill(0), "no direction"],
	])("refuses a vector that is %s, and keeps its cost", async (_, vector, says) => {
		server.answers(wire.answer(vector, 12));
		const error = await failure();
		expect(error.code).toBe("embedding_unavailable");
		expect(error.message).toContain(says);
		expect(error.message).toContain("embeddingModels.bedrock");
		expect(error.usage).toMatchObject([{ inputTokens: 12 }]);
	});

	it.each([
		["null in it", [null]],
		["text in it", ["0.1"]],
		["missing", undefined],
	])("gives up on a vector that is %s", async (_, vector) => {
		server.answers(wire.answer(vector));
		expect((await failure(["one"], inSeconds(3))).code).toBe("embedding_unavailable");
	});

	it("keeps the cost of the texts that were answered where another fails", async () => {
		server.answersBy(({ body }) =>
			body.inputText === "bad" ? wire.error(400, "No.") : wire.answer(wire.vector(1), 7),
		);
		expect((await failure(["good", "bad", "good"])).usage).toMatchObject([{ inputTokens: 14 }]);
	});

	it.each([
		["503", wire.error(503, "Oops")],
		["429", wire.error(429, "Too many requests")],
		["reset", "reset"],
	] as const)("survives one %s", async (_, reply) => {
		server.answers(reply, wire.answer(wire.vector(1)));
		expect((await embed(["one"])).vectors).toHaveLength(1);
		expect(server.requests).toHaveLength(2);
	});

	it("gives up after three requests", async () => {
		server.answers(wire.error(500, "Oops"));
		expect((await failure()).code).toBe("embedding_unavailable");
		expect(server.requests).toHaveLength(3);
	});

	it.each(hangs)("ends before its deadline and disconnects if Bedrock hangs (%s)", async (reply) => {
		const { code } = await endsBeforeDeadline(server, reply, (deadline) => failure(["one"], deadline));
		expect(code).toBe("embedding_unavailable");
	});

	it.each([
		["an unknown model", wire.error(400, "The provided model identifier is invalid."), "model_gone"],
		["a refused role", wire.error(403, "Not authorized to perform: bedrock:InvokeModel"), "provider_not_configured"],
	] as const)("names the setting to change for %s", async (_, reply, code) => {
		server.answers(reply);
		const error = await failure();
		expect(error.code).toBe(code);
		expect(error.message).toContain("embeddingModels.bedrock");
		expect(server.requests).toHaveLength(1);
	});
});
