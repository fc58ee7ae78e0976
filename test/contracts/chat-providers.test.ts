import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, beforeAll, describe, expect, it, test, vi } from "vitest";
import { chatFor } from "#ai/chat.ts";
import type { ApiKey } from "#ai/provider.ts";
import { providersWith } from "#ai/providers.ts";
import { ModelFailure } from "#core/errors.ts";
import { providerRequests } from "#core/pipeline/provider-request.ts";
import type { Chat, ChatMessage, ChatRequest, ChatTool } from "#core/ports/index.ts";
import { anthropicChatWire, bedrockChatWire, type ChatWire, openaiChatWire } from "#tools/provider-stubs/chat-wire.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";
import {
	endsBeforeDeadline,
	hangs,
	inSeconds,
	rejectionOf,
	stubRoleCredentials,
	stubSdkVariables,
} from "./providers/calls.ts";
import { streamedCompletion, streamedMessage } from "./streamed-replies.ts";

interface Kind {
	provider: "anthropic" | "openai" | "bedrock";
	label: string;
	model: string;
	wire: ChatWire;
	path: string;
	/** The cost of 2,000 input and 400 output tokens. */
	cost: number | null;
}

const kinds: Kind[] = [
	{
		provider: "anthropic",
		label: "Anthropic",
		model: "claude-sonnet-5-5",
		wire: anthropicChatWire,
		path: "/v1/messages",
		cost: 0.008,
	},
	{
		provider: "openai",
		label: "OpenAI",
		model: "gpt-5.4-mini",
		wire: openaiChatWire,
		path: "/chat/completions",
		cost: 0.0033,
	},
	{
		provider: "bedrock",
		label: "Bedrock",
		model: "us.anthropic.claude-sonnet-5-5",
		wire: bedrockChatWire,
		path: "/model/us.anthropic.claude-sonnet-5-5/converse",
		cost: null,
	},
];

const key: ApiKey = { setting: "the parameter /collections/test/a-key", read: async () => "key-1" };

const searchTool: ChatTool = {
	name: "search_collection",
	description: "Searches.",
	inputSchema: {
		type: "object",
		properties: { query: { type: "string" } },
		required: ["query"],
		additionalProperties: false,
	},
};

const messages: ChatMessage[] = [
	{ role: "system", text: "Be brief." },
	{ role: "user", text: "Which gate?" },
];

describe.each(kinds)("chat by $label", (kind) => {
	const { provider, wire, model, label } = kind;
	let server: ProviderServer;
	let chat: Chat;

	beforeAll(async () => {
		server = await serveProvider();
		stubSdkVariables();
		stubRoleCredentials();
		chat = chatFor({ provider, [provider]: { key, model, baseUrl: server.url } });
	});
	afterAll(async () => {
		vi.unstubAllEnvs();
		await server.close();
	});

	const answer = (more: Partial<ChatRequest> = {}) => chat.answer({ messages, deadline: inSeconds(15), ...more });
	const failure = (more: Partial<ChatRequest> = {}) => rejectionOf(answer(more), ModelFailure);

	it("returns the model's reply with its tokens, its cost and the call's id", async () => {
		server.answers(wire.reply({ text: "Gate 12." }));
		const reply = await answer();
		expect(reply).toEqual({
			message: { role: "assistant", text: "Gate 12.", toolCalls: [] },
			stopReason: "complete",
			provider,
			model,
			traceId: expect.stringMatching(/^(msg_|chatcmpl-|8a1b2c3d-)/),
			usage: { provider, model, inputTokens: 2_000, outputTokens: 400, costUsd: kind.cost },
		});
		const [request] = server.requests;
		expect(request?.path).toBe(kind.path);
		const body = JSON.stringify(request?.body);
		expect(body).toContain("Be brief.");
		expect(body).toContain("Which gate?");
		// Newer models refuse sampling parameters, and a tool that must not be called only costs tokens.
		expect(body).not.toMatch(/"(temperature|top_p|topP|top_k|tools?)"/);
	});

	it("requests tools, and sends their results in the provider's own format", async () => {
		server.answers(
			wire.reply({
				text: "I will look.",
				toolCalls: [
					{ id: "c1", name: "search_collection", input: { query: "gate" } },
					{ id: "c2", name: "search_collection", input: {} },
				],
			}),
			wire.reply({ text: "Gate 12." }),
		);
		const first = await answer({ tools: [searchTool] });
		expect(first.stopReason).toBe("tools");
		expect(first.message).toEqual({
			role: "assistant",
			text: "I will look.",
			toolCalls: [
				{ id: "c1", name: "search_collection", input: { query: "gate" } },
				{ id: "c2", name: "search_collection", input: {} },
			],
		});
		expect(JSON.stringify(server.requests[0]?.body)).toContain(JSON.stringify(searchTool.inputSchema));
		const second = await answer({
			tools: [searchTool],
			messages: [
				...messages,
				first.message,
				{ role: "tool", callId: "c1", text: "Gate 12, item 7" },
				{ role: "tool", callId: "c2", text: "Refused.", failed: true },
			],
		});
		expect(second).toMatchObject({ stopReason: "complete", message: { text: "Gate 12." } });
		const body = server.requests[1]?.body;
		expect(wire.resultsIn(body)).toEqual(["Gate 12, item 7", "Refused."]);
		const roles = body.messages.map(({ role }: ChatMessage) => role);
		expect(roles).toEqual(
			provider === "openai" ? ["developer", "user", "assistant", "tool", "tool"] : ["user", "assistant", "user"],
		);
	});

	it.each(['{"query": ', '["a", "list"]', "null", '"text"'])(
		"reports the tool input %s as no JSON object",
		async (input) => {
			// If the wire format has the input as a value, text in its place is the same mistake.
			const toolCalls = [{ id: "c1", name: "search_collection", input }];
			server.answers(wire.reply({ toolCalls }), wire.reply({ text: "Well." }));
			const { message, stopReason } = await answer({ tools: [searchTool] });
			expect(stopReason).toBe("tools");
			expect(message.toolCalls[0]?.input).toBeNull();
			// The conversation can continue.
			await answer({
				tools: [searchTool],
				messages: [...messages, message, { role: "tool", callId: "c1", text: "No JSON.", failed: true }],
			});
			expect(wire.resultsIn(server.requests[1]?.body)).toEqual(["No JSON."]);
		},
	);

	it.each(["cut_off", "refused"] as const)("reports an answer that was %s", async (stopReason) => {
		server.answers(wire.reply({ text: "I ", stopReason }));
		expect((await answer()).stopReason).toBe(stopReason);
	});

	it("waits out the Retry-After of a 429, then gets an answer", async () => {
		server.answers(wire.error(429, "Slow down.", { "retry-after": "1" }), wire.reply({ text: "Gate 12." }));
		expect((await answer()).message.text).toBe("Gate 12.");
		const [first, second] = server.requests;
		expect(second && first && second.at - first.at).toBeGreaterThanOrEqual(990);
	});

	it.each([500, 503, 529])("survives one %i", async (status) => {
		server.answers(wire.error(status, "Overloaded"), wire.reply({ text: "Gate 12." }));
		expect((await answer()).message.text).toBe("Gate 12.");
	});

	it("survives a reset connection and a proxy's error page", async () => {
		server.answers(
			"reset",
			{ status: 200, headers: { "content-type": "text/html" }, body: "<html>proxy</html>" },
			wire.reply({ text: "Gate 12." }),
		);
		expect((await answer()).message.text).toBe("Gate 12.");
	});

	it("gives up after three 529 responses, with a message for the caller", async () => {
		server.answers(wire.error(529, "Organization org-4711 is over its limit"));
		const error = await failure();
		expect(error.code).toBe("chat_unavailable");
		// The message omits the provider's own words, which may name the account.
		expect(error.message).toBe(`${label} gave no answer (529): ask again in a while.`);
		expect(server.requests).toHaveLength(3);
	});

	it.each(hangs)("ends before its deadline and disconnects if the provider hangs (%s)", async (reply) => {
		const { code } = await endsBeforeDeadline(server, reply, (deadline) => failure({ deadline }));
		expect(code).toBe("chat_unavailable");
	});

	it("returns the same reply to who reads the text as it grows, streamed or not", async () => {
		const toolCalls = [{ id: "call_1", name: "search_collection", input: { query: "gate" } }];
		const plain = wire.reply({ text: "I look.", toolCalls, thoughts: "Hm." });
		server.answers(plain);
		const expected = await answer({ tools: [searchTool] });
		const texts: string[] = [];
		const onText = (text: string) => texts.push(text);
		expect(await answer({ tools: [searchTool], onText })).toEqual(expected);
		if (provider === "bedrock") return;
		const streamed = provider === "openai" ? streamedCompletion(plain) : streamedMessage(plain);
		const begun = String(streamed.body).split("\n\n")[0];
		server.answers(streamed, { ...streamed, body: `${begun}\n\n` });
		expect(await answer({ tools: [searchTool], onText })).toEqual(expected);
		expect(server.requests[0]?.body.stream).toBe(true);
		expect(texts).toEqual(["I l", "I look."]);
		const cut = await rejectionOf(answer({ onText, deadline: inSeconds(2) }), ModelFailure);
		expect(cut.code).toBe("chat_unavailable");
	});

	it.each(hangs)("ends its request with %s when nobody waits any more, and sends no other", async (reply) => {
		server.answers(reply);
		const controller = new AbortController();
		const answered = answer({ signal: controller.signal });
		const canceled = expect(answered).rejects.toThrow("Nobody waits.");
		await vi.waitFor(() => expect(server.requests).toHaveLength(1));
		controller.abort(new Error("Nobody waits."));
		await canceled;
		await vi.waitFor(() => expect(server.requests[0]?.abandoned).toBe(true));
		await expect(answer({ signal: controller.signal })).rejects.toThrow("Nobody waits.");
		expect(server.requests).toHaveLength(1);
	});

	it("whose own model does not exist any more names the setting", async () => {
		server.answers(wire.unknownModel(model));
		for (const named of [undefined, provider]) {
			const error = await failure({ model: named });
			expect(error.code).toBe("model_gone");
			expect(error.message).toContain(`"${model}"`);
			expect(error.message).toContain(`chatModels.${provider} in cdk.json`);
		}
		expect(server.requests).toHaveLength(2);
	});

	it.each(["unknown", "forbidden"])(
		"lists what is possible where the model that the request names is %s",
		async (how) => {
			server.answers(
				how === "unknown" || provider !== "bedrock" ? wire.unknownModel("none") : wire.error(403, "Not you."),
			);
			const failures: unknown[] = [];
			const onRequest = (request: unknown) => failures.push(request);
			subscribe(providerRequests, onRequest);
			const error = await failure({ model: `${provider}/none` });
			unsubscribe(providerRequests, onRequest);
			expect(error.code).toBe("model_not_found");
			expect(error.message).toContain(`has no model "none" here`);
			expect(error.message).toContain(`Possible are offline, ${provider} (${model}).`);
			expect(error.message).not.toContain("cdk.json");
			expect(server.requests).toHaveLength(1);
			// The provider is not at fault: no metric, and so no alarm, counts it.
			expect(failures).toEqual([]);
		},
	);

	it("with a model that the account may not use names the setting", async () => {
		server.answers(wire.error(403, "Not you: key-1."));
		const error = await failure();
		expect(error.code).toBe("provider_not_configured");
		expect(error.message).toMatch(
			provider === "bedrock"
				? /refuses the role: set chatModels\.bedrock/
				: /refuses the API key: set the parameter \/collections\/test/,
		);
		expect(error.message).not.toContain("key-1");
	});
});

describe.each(kinds.filter(({ provider }) => provider !== "openai"))(
	"a model's thinking by $label",
	({ provider, wire, model }) => {
		it("is sent back unchanged with the results of the same turn, and no later", async () => {
			stubRoleCredentials();
			const server = await serveProvider();
			try {
				const toolCalls = [{ id: "c1", name: "search_collection", input: {} }];
				server.answers(wire.reply({ thoughts: "Hm, a gate.", toolCalls }), wire.reply({ text: "Gate 12." }));
				const chat = chatFor({ provider, [provider]: { key, model, baseUrl: server.url } });
				const ask = (messages: ChatMessage[], more = {}) =>
					chat.answer({ messages, tools: [searchTool], deadline: inSeconds(10), ...more });
				const { message } = await ask(messages);
				// A conversation is stored as JSON between calls.
				const turn: ChatMessage[] = JSON.parse(
					JSON.stringify([...messages, message, { role: "tool", callId: "c1", text: "12" }]),
				);
				await ask(turn);
				await ask([...turn, { role: "user", text: "And the seat?" }]);
				await ask(turn, { model: "another-model" });
				const sent = server.requests.map(({ body }) => JSON.stringify(body));
				expect(sent[1]).toMatch(/Hm, a gate\..*"sig"/);
				expect(sent[2]).not.toContain("Hm, a gate.");
				expect(sent[2]).toContain("c1");
				expect(sent[3]).not.toContain("Hm, a gate.");
			} finally {
				vi.unstubAllEnvs();
				await server.close();
			}
		});
	},
);

describe("the choice of a chat model", () => {
	const settings = { key, model: "default", baseUrl: "http://127.0.0.1:1" };

	it.each([
		["other", "anthropic", "other"],
		["anthropic", "anthropic", "default"],
		["openai/gpt-9", "openai", "gpt-9"],
		["openai/org/gpt", "openai", "org/gpt"],
		[undefined, "anthropic", "default"],
	])("%s selects %s with %s", async (named, provider, model) => {
		const server = await serveProvider();
		try {
			server.answers(
				provider === "openai" ? openaiChatWire.reply({ text: "Yes." }) : anthropicChatWire.reply({ text: "Yes." }),
			);
			const chat = chatFor({
				provider: "anthropic",
				anthropic: { ...settings, baseUrl: server.url },
				openai: { ...settings, baseUrl: server.url },
			});
			const reply = await chat.answer({ messages, model: named, deadline: inSeconds(10) });
			expect(reply).toMatchObject({ provider, model });
			expect(server.requests[0]?.body.model).toBe(model);
		} finally {
			await server.close();
		}
	});

	it("lists the available providers if the named one is off", async () => {
		const chat = chatFor({ provider: "offline", openai: settings });
		await expect(chat.answer({ messages, model: "bedrock/x", deadline: inSeconds(5) })).rejects.toMatchObject({
			code: "provider_not_available",
			message: expect.stringMatching(/"bedrock" is not available here\. Possible are offline, openai \(/),
		});
	});

	it("fails at the function's start if the environment names an unknown provider", () => {
		expect(() => chatFor({ provider: "gemini" })).toThrow(/"gemini".*chatProvider in cdk\.json/);
	});
});

test.each([
	["chat", "chat"],
	["vision", "vision"],
	["embedding", "embedder"],
] as const)("every provider with the capability %s has its adapter in %s.ts", async (capability, file) => {
	for (const provider of providersWith(capability)) {
		expect(await import(`../../packages/ai/${provider}/${file}.ts`), provider).toHaveProperty("connect");
	}
});
