import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chatFor } from "#ai/chat.ts";
import type { ApiKey } from "#ai/provider.ts";
import type { Takeover } from "#ai/takeover.ts";
import { visionFor } from "#ai/vision.ts";
import { ModelFailure, PermanentFailure } from "#core/errors.ts";
import type { ChatRequest, VisionRequest } from "#core/ports/index.ts";
import { providerSettings } from "#lambda-kit/provider-settings.ts";
import { providerVariables } from "#lib/providers.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import { anthropicChatWire, openaiChatWire } from "#tools/provider-stubs/chat-wire.ts";
import { type ProviderServer, type Reply, serveProvider } from "#tools/provider-stubs/server.ts";
import { anthropicWire, description, openaiWire } from "#tools/provider-stubs/wire.ts";
import cdk from "../../cdk.json" with { type: "json" };
import { inSeconds, rejectionOf, stubRoleCredentials } from "./providers/calls.ts";
import { visionRequest } from "./providers/vision-request.ts";

const key: ApiKey = { setting: "the parameter /collections/test/a-key", read: async () => "key-1" };
const noKey: ApiKey = { ...key, read: async () => null };

let first: ProviderServer;
let second: ProviderServer;
let takeovers: Takeover[];
beforeAll(async () => {
	stubRoleCredentials();
	[first, second] = await Promise.all([serveProvider(), serveProvider()]);
});
beforeEach(() => {
	takeovers = [];
});
afterAll(async () => {
	vi.unstubAllEnvs();
	await Promise.all([first.close(), second.close()]);
});

const listed = (keys: { anthropic?: ApiKey } = {}) => ({
	provider: "anthropic",
	fallbacks: ["openai/gpt-5.4-nano"],
	anthropic: { key: keys.anthropic ?? key, model: "claude-haiku-5-5", baseUrl: first.url },
	openai: { key, model: "gpt-5.4-mini", baseUrl: second.url },
	onTakeover: (takeover: Takeover) => void takeovers.push(takeover),
});
const chat = (more: Partial<ChatRequest> = {}, keys = {}) =>
	chatFor(listed(keys)).answer({ messages: [{ role: "user", text: "Which gate?" }], deadline: inSeconds(4), ...more });
const describeImage = (more: Partial<VisionRequest> = {}) =>
	visionFor(listed()).describe(visionRequest({ deadline: inSeconds(4), ...more }));
const failed = (status: number, message = "no", headers: Record<string, string> = {}): Reply => ({
	status,
	headers,
	body: { error: { type: "e", message } },
});

const notServing: [string, Reply][] = [
	["is broken", failed(500)],
	["is overloaded", failed(529)],
	["limits its rate", failed(429, "Slow down.", { "retry-after": "30" })],
	["closes connections", "reset"],
	["never answers", "silence"],
	["answers half", "stall"],
	["refuses its key", failed(401)],
	["does not let the account in", failed(403)],
	["wants to be paid", failed(402)],
	["has nothing left on the account", failed(400, "Your credit balance is too low to access the API.")],
	["has no such model", failed(404)],
];

describe("a list of models that answer", () => {
	it.each(notServing)("is taken over by the next where the first %s", async (_, reply) => {
		first.answers(reply);
		second.answers(openaiChatWire.reply({ text: "Gate 12." }));
		const started = Date.now();
		const answer = await chat();
		expect(answer).toMatchObject({
			message: { text: "Gate 12." },
			provider: "openai",
			model: "gpt-5.4-nano",
			usage: { provider: "openai", model: "gpt-5.4-nano", inputTokens: 2_000 },
		});
		expect(second.requests[0]?.body.model).toBe("gpt-5.4-nano");
		expect(Date.now() - started).toBeLessThan(4_000);
		expect(takeovers).toMatchObject([
			{ from: { provider: "anthropic" }, to: { provider: "openai", model: "gpt-5.4-nano" } },
		]);
	});

	it("is taken over at once where the first has no key", async () => {
		first.answers(failed(500));
		second.answers(openaiChatWire.reply({ text: "Gate 12." }));
		expect((await chat({}, { anthropic: noKey })).provider).toBe("openai");
		expect(first.requests).toEqual([]);
	});

	it("is not taken over while the first serves", async () => {
		first.answers(anthropicChatWire.reply({ text: "Gate 12." }));
		second.answers(failed(500));
		expect((await chat()).provider).toBe("anthropic");
		expect({ takeovers, asked: second.requests.length }).toEqual({ takeovers: [], asked: 0 });
	});

	it.each([400, 413, 422])("is not taken over where the first finds the request wrong with %d", async (status) => {
		first.answers(failed(status));
		second.answers(openaiChatWire.reply({ text: "Gate 12." }));
		await expect(chat()).rejects.toMatchObject({ code: "chat_unavailable" });
		expect({ takeovers, asked: second.requests.length }).toEqual({ takeovers: [], asked: 0 });
	});

	it.each(["anthropic", "claude-haiku-5-5"])("is not taken over where a request names %s", async (model) => {
		first.answers(failed(500));
		second.answers(openaiChatWire.reply({ text: "Gate 12." }));
		await expect(chat({ model })).rejects.toBeInstanceOf(ModelFailure);
		expect(second.requests).toEqual([]);
	});

	it("fails as the first did, within the deadline, where none serves", async () => {
		first.answers("silence");
		second.answers("silence");
		const started = Date.now();
		const { message } = await rejectionOf(chat({ deadline: inSeconds(3) }), ModelFailure);
		expect(message).toContain("Anthropic gave no answer");
		expect(Date.now() - started).toBeLessThan(3_500);
		expect(first.requests.length).toBeGreaterThan(0);
		expect(second.requests.length).toBeGreaterThan(0);
	});

	it("is left alone once nobody waits for the answer", async () => {
		first.answers("silence");
		second.answers(openaiChatWire.reply({ text: "Gate 12." }));
		const nobody = new AbortController();
		const answer = chat({ signal: nobody.signal });
		answer.catch(() => {});
		await vi.waitFor(() => expect(first.requests).toHaveLength(1));
		nobody.abort(new Error("The person left."));
		await expect(answer).rejects.toThrow("The person left.");
		expect(second.requests).toEqual([]);
	});
});

describe("a list of models that describe", () => {
	it("is taken over by the next where the first does not serve, and says who described", async () => {
		first.answers(failed(500));
		second.answers(openaiWire.answer(JSON.stringify(description)));
		expect(await describeImage()).toMatchObject({ provider: "openai", model: "gpt-5.4-nano" });
		expect(takeovers).toHaveLength(1);
	});

	it("bills what the first answered before it failed", async () => {
		first.answers(anthropicWire.answer("no JSON"), failed(500));
		second.answers(openaiWire.answer(JSON.stringify(description)));
		const { usage } = await describeImage();
		expect(usage.map(({ purpose, model }) => `${purpose} ${model}`)).toEqual([
			"vision claude-haiku-5-5",
			"vision gpt-5.4-nano",
		]);
	});

	it("bills each answer once where none serves", async () => {
		first.answers(anthropicWire.answer("no JSON"), failed(500));
		second.answers(openaiWire.answer("no JSON"), failed(500));
		const { usage } = await rejectionOf(describeImage(), ModelFailure);
		expect(usage.map(({ model }) => model)).toEqual(["claude-haiku-5-5", "gpt-5.4-nano"]);
	});

	it("does not send to another provider a picture whose content the first refused", async () => {
		first.answers(anthropicWire.answer("", "refused"));
		second.answers(openaiWire.answer(JSON.stringify(description)));
		await rejectionOf(describeImage(), PermanentFailure);
		expect(second.requests).toEqual([]);
	});

	it("is not taken over where a request names the provider", async () => {
		first.answers(failed(500));
		second.answers(openaiWire.answer(JSON.stringify(description)));
		await expect(describeImage({ provider: "anthropic" })).rejects.toBeInstanceOf(ModelFailure);
		expect(second.requests).toEqual([]);
	});
});

describe("modelLists in cdk.json", () => {
	const environment = (modelLists: object, more: object = {}) => {
		const table = structuredClone(cdk.context.environments) as Record<string, object>;
		table.dev = { ...table.dev, modelLists, ...more };
		return readEnvironment(table, "dev");
	};

	it("reach a function in their order, with the first model of each provider as its own", () => {
		const made = environment({
			chat: ["anthropic/claude-opus-5-5", "bedrock/amazon.nova-pro-v1:0", "openai", "openai/o"],
		});
		expect(made).toMatchObject({
			chatProvider: "anthropic",
			chatModels: { anthropic: "claude-opus-5-5", bedrock: "amazon.nova-pro-v1:0" },
		});
		const settings = providerSettings("chat", providerVariables(made, "chat"));
		expect(settings).toMatchObject({
			provider: "anthropic",
			fallbacks: ["bedrock", "openai"],
			anthropic: { model: "claude-opus-5-5" },
			bedrock: { model: "amazon.nova-pro-v1:0" },
			openai: { model: "o" },
		});
	});

	it("name the model of a server that takes OpenAI's place", () => {
		const openaiServer = { url: "https://models.example.com/v1" };
		const { openaiServer: server } = environment({ chat: ["openai/llama-4"] }, { openaiServer });
		expect(server?.models).toMatchObject({ chat: "llama-4", vision: "qwen3-vl" });
	});

	it("left out, leave one provider without fallbacks", () => {
		const settings = providerSettings("vision", providerVariables(environment({}), "vision"));
		expect(settings).toMatchObject({ provider: "offline", fallbacks: [] });
	});
});
