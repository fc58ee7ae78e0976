import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chatFor } from "#ai/chat.ts";
import { embedderFor } from "#ai/embedder.ts";
import type { ProviderSettings } from "#ai/provider.ts";
import { visionFor } from "#ai/vision.ts";
import { ModelFailure } from "#core/errors.ts";
import type { ChatMessage } from "#core/ports/index.ts";
import { accessTo } from "#lambda-kit/provider-settings.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";
import { strictReply } from "#tools/provider-stubs/strict-server.ts";
import { description } from "#tools/provider-stubs/wire.ts";
import { inSeconds, rejectionOf } from "./providers/calls.ts";
import { visionRequest } from "./providers/vision-request.ts";

const models = {
	talker: { says: "Gate 12." },
	seer: { says: JSON.stringify(description) },
	"nomic-embed-text": { dimensions: 768 },
	"whole-embed": { dimensions: 1024 },
	"wide-embed": { dimensions: 1536 },
};

let server: ProviderServer;
beforeAll(async () => {
	server = await serveProvider();
});
beforeEach(() => server.answersBy((request) => strictReply(models, request)));
afterAll(() => server.close());

const settings = (model: string, more: Partial<ProviderSettings> = {}): ProviderSettings => ({
	key: { setting: "a parameter", read: async () => "none" },
	model,
	server: { url: `${server.url}/v1`, timeoutMs: 5_000 },
	...more,
});

describe("a strict OpenAI-compatible server", () => {
	const messages: ChatMessage[] = [
		{ role: "system", text: "Be brief." },
		{ role: "user", text: "Which gate?" },
	];
	const searchTool = { name: "search", description: "Searches.", inputSchema: { type: "object" } };
	const answer = (openai: ProviderSettings, more = {}) =>
		chatFor({ provider: "openai", openai }).answer({ messages, deadline: inSeconds(10), ...more });

	it.each([{}, { tools: [searchTool] }, { tools: [searchTool], toolChoice: "none" as const }])(
		"answers a conversation with %j",
		async (more) => {
			const { message, model, provider } = await answer(settings("talker"), more);
			expect({ text: message.text, model, provider }).toEqual({
				text: "Gate 12.",
				model: "talker",
				provider: "openai",
			});
			expect(server.requests[0]?.body.max_tokens).toBe(4_000);
		},
	);

	it("refuses the same conversation in OpenAI's own words", async () => {
		const own = settings("talker", { server: undefined, baseUrl: `${server.url}/v1` });
		await expect(answer(own)).rejects.toMatchObject({ code: "chat_unavailable" });
	});

	it("describes a picture", async () => {
		const vision = visionFor({ provider: "openai", openai: settings("seer") });
		const described = await vision.describe(visionRequest());
		expect(described).toMatchObject({ model: "seer", description: { headline: description.headline } });
	});

	it("without a model names the setting of the server", async () => {
		const { code, message } = await rejectionOf(answer(settings("gone")), ModelFailure);
		expect(code).toBe("model_gone");
		expect(message).toContain("change openaiServer.models.chat in cdk.json");
	});

	it("is given up after its own time-out, long before the deadline", async () => {
		server.answers("silence");
		const quick = settings("talker", { server: { url: server.url, timeoutMs: 50 } });
		await expect(answer(quick, { deadline: inSeconds(2) })).rejects.toMatchObject({ code: "chat_unavailable" });
		expect(server.requests.length).toBeGreaterThan(1);
	});
});

describe("embeddings of an OpenAI-compatible server", () => {
	const embed = async (model: string, texts: string[]) =>
		(await embedderFor({ provider: "openai", openai: settings(model) })).embed(texts, "document", {
			deadline: inSeconds(10),
		});
	const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

	it.each(["nomic-embed-text", "whole-embed"])(
		"of %s become vectors of our dimensions with the same angles",
		async (model) => {
			const { vectors } = await embed(model, ["one", "three"]);
			const [first = new Float32Array(), second = new Float32Array()] = vectors;
			expect(first).toHaveLength(1024);
			const raw = strictReply(models, {
				path: "/v1/embeddings",
				body: { model, input: ["one", "three"], encoding_format: "float" },
			}).body as { data: { embedding: number[] }[] };
			const [a, b] = raw.data.map(({ embedding }) => Float32Array.from(embedding));
			if (!a || !b) throw new Error("The server gave no vectors.");
			expect(dot(first, second)).toBeCloseTo(dot(a, b) / Math.hypot(...a) / Math.hypot(...b), 4);
			expect(Math.hypot(...first)).toBeCloseTo(1, 4);
			// A code has one bit a dimension: padding must not give the last quarter the same bits in every text.
			const bits = vectors.map((vector) => [...vector.slice(768)].map((value) => value > 0).join());
			expect(bits[0]).not.toBe(bits[1]);
			expect([...first].filter((value) => value === 0).length).toBeLessThan(10);
		},
	);

	it("of too many dimensions are refused with the model, its dimensions, the limit and the setting", async () => {
		const { code, message } = await rejectionOf(embed("wide-embed", ["one"]), ModelFailure);
		expect(code).toBe("embedding_unavailable");
		expect(message).toBe(
			"The embedding model wide-embed answered a vector of 1536 dimensions, more than the 1024 that are stored: where that stays so, change openaiServer.models.embedding in cdk.json.",
		);
	});
});

it("demands no key, and sends the one that there is", async () => {
	vi.stubEnv("OPENAI_SERVER_URL", "http://127.0.0.1:9/v1");
	vi.stubEnv("OPENAI_SERVER_TIMEOUT_SECONDS", "7");
	for (const [stored, sent] of [
		[null, "none"],
		["sk-own", "sk-own"],
	]) {
		const access = accessTo("openai", {}, () => ({ setting: "a parameter", read: async () => stored ?? null }));
		expect(await access.key.read()).toBe(sent);
		expect(access.server).toEqual({ url: "http://127.0.0.1:9/v1", timeoutMs: 7_000 });
	}
	vi.unstubAllEnvs();
});
