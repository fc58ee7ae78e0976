import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { CollectionsClient, components } from "#client/index.ts";
import { anthropicChatWire } from "#tools/provider-stubs/chat-wire.ts";
import type { ProviderServer, Reply } from "#tools/provider-stubs/server.ts";
import { anthropicWire, description, voyageWire } from "#tools/provider-stubs/wire.ts";
import { collect } from "../support/collect.ts";
import { screenshot } from "./drawings.ts";
import { type ProviderCloud, startProviderCloud } from "./provider-cloud.ts";

const apiKeys = { anthropic: "sk-ant-of-the-test", voyage: "pa-of-the-test" };
let cloud: ProviderCloud<keyof typeof apiKeys> | undefined;
let anthropic: ProviderServer;
let voyage: ProviderServer;
let user: CollectionsClient;

beforeAll(async () => {
	cloud = await startProviderCloud(apiKeys);
	({ anthropic, voyage } = cloud.servers);
	user = await cloud.newUser("asks@example.com");
});
afterAll(() => cloud?.stop());

test("an upload is described and embedded by the providers despite their faults, and its analysis has the cost", async () => {
	anthropic.answers(
		anthropicWire.error(529, "Overloaded"),
		anthropicWire.answer(JSON.stringify({ ...description, headline: 7 })),
		anthropicWire.answer(JSON.stringify(description)),
	);
	voyage.answers(voyageWire.answer([voyageWire.vector(1)]));
	const drawn = await screenshot();
	const { id } = await user.upload(drawn.filename, drawn.bytes);
	const item = await user.settled(id);
	expect(item).toMatchObject({
		status: "ready",
		latest_analysis: {
			provider_used: "anthropic",
			model_used: "claude-haiku-5-5",
			category: "Travel",
			raw_response: description,
			usage: [
				{ purpose: "vision", input_tokens: 2_000, cost_usd: 0.0004 },
				{ purpose: "repair", output_tokens: 400, cost_usd: 0.0004 },
				{ purpose: "embedding", provider: "voyage", input_tokens: 12 },
			],
		},
	});
	expect(anthropic.requests).toHaveLength(3);
	expect(anthropic.requests[0]?.headers.authorization).toBe(`Bearer ${apiKeys.anthropic}`);
	expect(voyage.requests[0]?.body).toMatchObject({
		input: [expect.stringContaining("A boarding pass from Oslo")],
		input_type: "document",
	});

	const { results } = await user.search("gate to Iceland");
	expect(results[0]?.item_id).toBe(id);
	expect(voyage.requests.at(-1)?.body).toMatchObject({
		input: ["gate to Iceland"],
		input_type: "query",
	});
	const requests = voyage.requests.length;
	expect((await user.search("gate to Iceland")).results[0]?.item_id).toBe(id);
	expect(voyage.requests).toHaveLength(requests);
});

test("an image that the provider refuses fails with the reason", async () => {
	anthropic.answers(anthropicWire.answer("", "refused"));
	const drawn = await screenshot(1);
	const { id } = await user.upload(drawn.filename, drawn.bytes);
	expect(await user.settled(id)).toMatchObject({
		status: "failed",
		error: {
			code: "vision_refused",
			detail: expect.stringContaining("Anthropic refused"),
		},
	});
	expect(anthropic.requests).toHaveLength(1);
});

test("another provider's analysis of an item is a new version, and only the newest is searched", async () => {
	anthropic.answers(anthropicWire.answer(JSON.stringify(description)));
	voyage.answers(voyageWire.answer([voyageWire.vector(1)]));
	const drawn = await screenshot(2);
	const { id } = await user.upload(drawn.filename, drawn.bytes);
	const first = (await user.settled(id)).latest_analysis;
	expect(first).toMatchObject({ version: 1, provider_used: "anthropic" });
	const analyze = (body?: object) => user.call<{ version: number }>("POST", `/items/${id}/analyze`, body);

	expect(await analyze()).toMatchObject({ id: first?.id, version: 1 });
	const wanted = { force_reanalyze: true, provider: "offline" };
	expect(await analyze(wanted)).toMatchObject({
		version: 2,
		provider_used: "offline",
	});
	expect(await user.settled(id)).toMatchObject({
		status: "ready",
		latest_analysis: { version: 2 },
	});
	const versions = await user.call<object[]>("GET", `/items/${id}/analyses`);
	expect(versions).toMatchObject([{ version: 2 }, { version: 1, id: first?.id, raw_response: description }]);
	const found = async (query: string) =>
		(await user.search(query, { search_type: "bm25" })).results.some(({ item_id }) => item_id === id);
	expect(await found(drawn.word)).toBe(true);
	expect(await found(description.headline)).toBe(false);
});

test("two models on one picture are compared field by field with the text that is read in it, and the item stays as it was", async () => {
	const drawn = await screenshot(3);
	anthropic.answers(anthropicWire.answer(JSON.stringify(description)));
	voyage.answers(voyageWire.answer([voyageWire.vector(1)]));
	const { id } = await user.upload(drawn.filename, drawn.bytes);
	const before = (await user.settled(id)).latest_analysis;
	const asked = anthropic.requests.length;
	type Comparison = components["schemas"]["ModelComparison"];
	const comparison = await user.call<Comparison>("POST", `/items/${id}/compare`, { models: ["anthropic", "offline"] });
	expect(anthropic.requests).toHaveLength(asked + 1);
	expect(comparison.runs).toMatchObject([
		{ provider: "anthropic", model: "claude-haiku-5-5", error: null, usage: [{ purpose: "vision", cost_usd: 0.0004 }] },
		{ provider: "offline", error: null, usage: [] },
	]);
	const text = comparison.fields.find(({ field }) => field === "extracted_text");
	// The stub says that it read a boarding pass, whatever the picture is.
	expect(text).toMatchObject({ differs: true, supported: [false, true] });
	expect(text?.values[1]?.join(" ")).toContain(drawn.word);
	expect((await user.settled(id)).latest_analysis).toEqual(before);
	expect(await user.call("GET", `/items/${id}/analyses`)).toHaveLength(1);
});

test("an analysis of more than 20 seconds is answered 202 before the gateway's limit of 30, and is stored later", async () => {
	const [item] = (await user.call<{ items: { id: string }[] }>("GET", "/items?status=ready")).items;
	anthropic.answers({
		...anthropicWire.answer(JSON.stringify(description)),
		afterSeconds: 22,
	});
	const response = await fetch(`${user.apiUrl}/items/${item?.id}/analyze`, {
		method: "POST",
		headers: {
			authorization: `Bearer ${await user.session.token()}`,
			"content-type": "application/json",
		},
		body: JSON.stringify({ force_reanalyze: true, provider: "anthropic" }),
	});
	expect(response.status).toBe(202);
	const location = response.headers.get("location") ?? "";
	const done = await vi.waitFor(
		async () => {
			const request = await user.call<Record<string, string>>("GET", location);
			expect(request.status).toBe("done");
			return request;
		},
		{ timeout: 30_000, interval: 500 },
	);
	expect(await user.settled(item?.id ?? "")).toMatchObject({
		status: "ready",
		latest_analysis: { id: done.analysis_id, provider_used: "anthropic" },
	});
	expect(anthropic.requests).toHaveLength(1);
});

test("a provider without a key, or an unknown provider or model, is the caller's mistake: the refusal says what is possible", async () => {
	const [item] = (await user.call<{ items: { id: string }[] }>("GET", "/items?status=ready")).items;
	const refused = (body: object) =>
		user
			.call("POST", `/items/${item?.id}/analyze`, {
				force_reanalyze: true,
				...body,
			})
			.catch((error) => error);
	expect(await refused({ provider: "openai" })).toMatchObject({
		status: 422,
		body: {
			code: "provider_not_available",
			detail: expect.stringMatching(/Possible are offline, anthropic \([\w.-]+\)\.$/),
		},
	});
	expect(await refused({ provider: "nobody" })).toMatchObject({
		status: 422,
		body: {
			code: "invalid_fields",
			errors: [
				{
					field: "body.provider",
					detail: "Must be one of offline, anthropic, openai, bedrock",
				},
			],
		},
	});
	anthropic.answers(anthropicWire.error(404, "model: none"));
	expect(await refused({ provider: "anthropic", model: "none" })).toMatchObject({
		status: 422,
		body: {
			code: "model_not_found",
			detail: expect.stringContaining("none"),
		},
	});
	expect((await user.settled(item?.id ?? "")).status).toBe("ready");
});

test("the provider answers a search from the items found, and only sentences that they support are kept", async () => {
	const { results } = await user.search("gate", { include_answer: false });
	const id = results[0]?.item_id ?? "";
	anthropic.answers(
		anthropicChatWire.reply({
			text: `It is a boarding pass [${id.slice(0, 8)}]. You fly first class [${id.slice(0, 8)}]. Bob flies, too [11111111].`,
		}),
	);
	const found = await user.search("gate");
	expect(found).toMatchObject({
		answer: `It is a boarding pass [${id}].`,
		answer_model_used: "anthropic/claude-sonnet-5-5",
		citations: [{ item_id: id, sentence: "It is a boarding pass." }],
	});
	const [asked] = anthropic.requests;
	expect(asked?.body.messages[0].content).toContain("Gate 12");
	expect(JSON.stringify(asked?.body)).not.toContain("base64");
});

test("a verification asks the provider once, and takes no verdict against a number or without a quote of the item", async () => {
	const { results } = await user.search("gate", { include_answer: false });
	const id = results.find(({ headline }) => headline === description.headline)?.item_id ?? "";
	const verdict = (claim: number, quote: string) => ({
		...{ claim, verdict: "supported" },
		quotes: [{ ref: id.slice(0, 8), quote }],
	});
	const verdicts = [
		verdict(0, description.headline),
		verdict(1, "Gate 12"),
		verdict(2, "You fly first class."),
		verdict(9, "Gate 12"),
	];
	anthropic.answers(anthropicChatWire.reply({ text: `Here it is:\n${JSON.stringify({ verdicts })}` }));
	voyage.answers(voyageWire.answer([1, 2, 3].map(() => voyageWire.vector(1))));
	// The pictures drawn for this file may be any of the samples: none has a 73.
	const text = "Boarding takes you from Oslo to Reykjavik. The gate of the boarding pass is 73. You fly first class.";
	const verify = () => user.call<components["schemas"]["Verification"]>("POST", "/verifications", { text });
	const verification = await verify();
	expect(verification).toMatchObject({
		...{ model: "anthropic/claude-sonnet-5-5", notices: [], risk_level: "high" },
		claims: [
			{ verdict: "supported", citations: [{ item_id: id, sentence: description.headline }] },
			{ verdict: "contradicted", citations: [{ difference: { claimed: "73", found: "12" } }] },
			{ verdict: "not_found", citations: [] },
		],
	});
	expect(verification.cost_usd).toBeGreaterThan(0);
	expect(anthropic.requests).toHaveLength(1);
	expect(voyage.requests.at(-1)?.body.input).toHaveLength(3);

	const asked = voyage.requests.length;
	const { claims, risk_level } = verification;
	expect(await verify()).toMatchObject({ cached: true, cost_usd: 0, claims, risk_level });
	expect(anthropic.requests).toHaveLength(1);
	expect(voyage.requests).toHaveLength(asked);
});

test("an agentic search runs the provider's tool calls", async () => {
	const tool = (name: string, input: object) =>
		anthropicChatWire.reply({
			thoughts: "Hm.",
			toolCalls: [{ id: `toolu_${name}`, name, input }],
		});
	const { results } = await user.search("gate", { include_answer: false });
	const pass = results.findLast(({ headline }) => headline.includes("boarding pass"));
	const ref = pass?.item_id.slice(0, 8) ?? "";
	anthropic.answers(
		tool("search_collection", { query: "Oslo", mode: "words" }),
		anthropicWire.error(529, "Overloaded"),
		tool("give_results", {
			items: [ref],
			answer: `A boarding pass [${ref}].`,
		}),
	);
	const found = await user.search("my flight", { search_type: "agentic" });
	expect(found.results.map(({ item_id }) => item_id.slice(0, 8))).toEqual([ref]);
	expect(found).toMatchObject({
		answer: expect.stringContaining("A boarding pass ["),
		notices: [],
		tools_used: ["search_collection", "give_results"],
	});
	const [result] = anthropicChatWire.resultsIn(anthropic.requests[2]?.body);
	expect(result).toMatch(/^<item ref="/);
});

test.each(["hybrid", "agentic"])(
	"a %s search keeps its results while the provider is unavailable, and is a 422 if there is no such answer_model",
	async (search_type) => {
		anthropic.answers("reset");
		// A model of its own: its failures open its circuit, and other tests ask the usual one.
		const found = await user.search("gate", { search_type, answer_model: `claude-of-${search_type}` });
		expect(found.results).not.toEqual([]);
		expect(found.answer).toBeNull();
		expect(found.answer_reason).toContain("The model gave no answer");
		anthropic.answers(anthropicWire.unknownModel("claude-3"));
		await expect(user.search("gate", { search_type, answer_model: "claude-3" })).rejects.toMatchObject({
			status: 422,
			body: { code: "model_not_found", detail: expect.stringContaining('no model "claude-3" here') },
		});
	},
);

const afterSeconds = (seconds: number, reply: Reply): Reply =>
	typeof reply === "string" ? reply : { ...reply, afterSeconds: seconds };

interface History {
	message_count: number;
	in_progress: unknown;
	messages: { content: string }[];
}

test("a streamed turn comes event by event, and ends by a cancellation, a client that goes or a failure as if it had been asked plainly", async () => {
	const session_id = "streamed";
	const message = "Good morning";
	const history = () => user.call<History>("GET", `/chat/${session_id}/history`);
	const slow = afterSeconds(9, anthropicChatWire.reply({ text: "Good morning to you." }));
	anthropic.answers(slow);
	const canceled = user.streamChat({ message, session_id });
	expect((await canceled.next()).value).toMatchObject({ event: "step" });
	await vi.waitUntil(() => anthropic.requests.length > 0, { timeout: 10_000 });
	await user.cancelTurn(session_id);
	const asked = performance.now();
	await expect(canceled.next()).rejects.toMatchObject({ status: 409, code: "turn_canceled" });
	expect(performance.now() - asked).toBeLessThan(2_000);

	anthropic.answers(slow);
	const left = user.streamChat({ message, session_id });
	await left.next();
	await vi.waitUntil(() => anthropic.requests.length > 0, { timeout: 10_000 });
	await left.return(undefined);
	// On this machine a closed socket cancels, too.
	await vi.waitUntil(async () => (await history()).in_progress === null, { timeout: 6_000, interval: 200 });

	anthropic.answers("reset");
	const failed = user.streamChat({ message, session_id });
	await failed.next();
	await expect(failed.next()).rejects.toMatchObject({ status: 503, code: "chat_unavailable" });
	expect((await history()).messages.map(({ content }) => content)).toEqual([message]);

	anthropic.answers(anthropicChatWire.reply({ text: "Good morning to you." }));
	const events = await collect(user.streamChat({ message, session_id }));
	expect(events.map(({ event }) => event)).toEqual(["step", "hits", "sentence", "done"]);
	expect(events.at(-1)?.data).toMatchObject({ conversation_turn: 1, message: { content: "Good morning to you." } });
	expect(await history()).toMatchObject({ message_count: 2, in_progress: null });
});

test("two streams in a session answer one after the other", async () => {
	anthropic.answers(afterSeconds(1, anthropicChatWire.reply({ text: "Hello." })));
	const ask = (message: string) => collect(user.streamChat({ message, session_id: "two" }));
	const both = await Promise.all([ask("one"), ask("two")]);
	expect(both.map((events) => events.at(-1)?.event)).toEqual(["done", "done"]);
	const { messages } = await user.call<History>("GET", "/chat/two/history");
	expect(messages.map(({ content }) => content).filter((content) => content === "Hello.")).toHaveLength(2);
});

test("no log holds an API key", async () => {
	const { logs } = cloud as ProviderCloud<keyof typeof apiKeys>;
	for (const file of await readdir(logs)) {
		const text = await readFile(path.join(logs, file), "utf8");
		for (const key of Object.values(apiKeys)) expect(text).not.toContain(key);
	}
});
