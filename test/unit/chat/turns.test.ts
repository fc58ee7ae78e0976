import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { maxAnswerLength } from "#core/chat/conversation-steps.ts";
import { ModelFailure } from "#core/errors.ts";
import type { ChatRequest } from "#core/ports/index.ts";
import { type Conversations, conversationsInMemory, conversationsOn } from "../../contracts/conversations.ts";
import { type Backend, backends } from "../../support/checkpoint-saver.ts";
import { startedBackend } from "../../support/started-backend.ts";
import { readyItem } from "../api/ready-item.ts";
import { calling, lastOf, newTalk, ref, type Say, searching, searchThenSay, type Talk } from "./talk.ts";

describe("turns in memory", () => {
	turnsContract(() => conversationsInMemory(Date.now));
});

describe("turns on LangGraph and DynamoDB", () => {
	const backend = startedBackend(async () => (await backends[0]?.start()) as Backend);
	turnsContract(() => conversationsOn(backend()));
});

function turnsContract(get: () => Conversations): void {
	let { ports, user, lighthouse, noodles, ask } = {} as Talk;
	beforeEach(async () => {
		({ ports, user, lighthouse, noodles, ask } = await newTalk(get()));
	});

	it("answer from the items found, with their ids", async () => {
		const { answer, reasoning, number } = await ask("What have I of the sea?", (request, calls) =>
			calls === 1 ? searching("lighthouse") : { text: `A lighthouse at dusk [${ref(lighthouse)}].`, ...request },
		);
		expect(number).toBe(1);
		expect(reasoning).toEqual(['Searched for "lighthouse".']);
		expect(answer).toMatchObject({
			role: "assistant",
			text: `A lighthouse at dusk [${lighthouse}].`,
			items: [{ itemId: lighthouse }],
			toolsUsed: ["search_collection"],
			traceId: "trace_2",
			usage: [{ inputTokens: 10 }, { inputTokens: 10 }],
		});
	});

	it("show the model the last answer's items in order", async () => {
		await ask("everything", (_, calls) =>
			calls === 1
				? {
						toolCalls: ["noodles", "lighthouse"].map((query) => ({
							name: "search_collection",
							input: { query },
						})),
					}
				: {
						text: `A bowl of noodles [${ref(noodles)}]. A lighthouse [${ref(lighthouse)}].`,
					},
		);
		const { ids, requests } = await ask("the second one", () => ({
			text: `A lighthouse at dusk [${ref(lighthouse)}].`,
		}));
		const read = lastOf(requests[0] as ChatRequest)?.text ?? "";
		expect(read.indexOf(ref(noodles))).toBeGreaterThan(0);
		expect(read.indexOf(ref(lighthouse))).toBeGreaterThan(read.indexOf(ref(noodles)));
		expect(ids).toEqual([lighthouse]);
	});

	it("omit sentences that no item supports, and say so if none is left", async () => {
		const { text, ids } = await ask(
			"sea",
			searchThenSay("lighthouse", `A lighthouse [${ref(lighthouse)}]. A unicorn of gold [00000000].`),
		);
		expect(text).toBe(`A lighthouse [${lighthouse}].`);
		expect(ids).toEqual([lighthouse]);
		const invented = await ask("and now?", searchThenSay("lighthouse", "Seven unicorns dance [00000000]."));
		expect(invented.text).toMatch(/not supported by any item/);
		expect(invented.text).not.toMatch(/unicorn/);
		expect(invented.ids).toEqual([lighthouse]);
	});

	it("show the model a question once that was retried in turns with another", async () => {
		const unavailable = new ModelFailure("chat_unavailable", "Away.");
		for (const question of ["one", "two", "one", "two"]) {
			await expect(ask(question, () => unavailable)).rejects.toBe(unavailable);
		}
		const { requests } = await ask("one", () => ({ text: "Hello." }));
		const asked = requests[0]?.messages.filter(({ role }) => role === "user").map(({ text }) => text);
		expect(asked).toEqual(["two", "one"]);
	});

	it("answer a greeting without items", async () => {
		const { text, ids, requests } = await ask("Hello!", () => ({
			text: "Hello! What are you looking for?",
		}));
		expect(text).toBe("Hello! What are you looking for?");
		expect(ids).toEqual([]);
		expect(requests).toHaveLength(1);
	});

	it("end after six model calls with the best items found and a notice", async () => {
		const { text, ids, requests } = await ask("bowl", () => searching("bowl"));
		expect(requests).toHaveLength(6);
		expect(requests.at(-1)).toMatchObject({ toolChoice: "none" });
		expect(text).toMatch(/^I stopped after 6 model calls\. The best/);
		expect(ids).toEqual([noodles]);
		await isUsable();
	});

	it("run at most eight tools and refuse the ninth call", async () => {
		const many = Array.from({ length: 9 }, () => ({
			name: "search_collection",
			input: { query: "bowl" },
		}));
		const { text, requests } = await ask("bowl", () => ({ toolCalls: many }));
		expect(requests).toHaveLength(2);
		const results = requests[1]?.messages.filter(({ role }) => role === "tool");
		expect(results).toHaveLength(9);
		expect(results?.filter((result) => "failed" in result && result.failed)).toEqual([
			expect.objectContaining({
				text: "Refused: at most 8 tool calls a turn.",
			}),
		]);
		expect(text).toMatch(/^I stopped after 8 tool calls/);
		await isUsable();
	});

	it("do not call the model shortly before the deadline", async () => {
		const { text, requests } = await ask("bowl", () => searching("bowl"), {
			seconds: 3,
		});
		expect(requests).toEqual([]);
		expect(text).toMatch(/^I ran out of time/);
		await isUsable();
	});

	it("do not wait for a tool beyond the deadline: its call gets a result", async () => {
		const { embedder } = ports;
		ports.embedder = { ...embedder, embed: () => new Promise(() => {}) };
		const { text } = await ask("bowl", () => searching("bowl"), {
			seconds: 3.8,
		});
		expect(text).toMatch(/^I ran out of time/);
		ports.embedder = embedder;
		await isUsable();
	});

	it.each([
		["arguments of the wrong kind", calling("search_collection", { query: 7 })],
		["an unknown argument", searching("bowl", { user_id: "x" })],
		["arguments that are not an object", calling("search_collection", null)],
		["an unknown tool", calling("delete_everything")],
		["an item that was never found", calling("get_item", { item: "ffffffff" })],
	])("tell the model about %s, and continue", async (_, wrong) => {
		let modelInput = lastOf({ messages: [], deadline: new Date() });
		const { text } = await ask("noodles", (request, calls) => {
			if (calls === 1) return wrong;
			modelInput ??= lastOf(request);
			return calls === 2 ? searching("noodles") : { text: `A bowl of noodles [${ref(noodles)}].` };
		});
		expect(modelInput).toMatchObject({ role: "tool", failed: true });
		expect(modelInput?.text).toMatch(/^Refused: /);
		expect(text).toBe(`A bowl of noodles [${noodles}].`);
	});

	it.each([
		{ lc: 1, type: "constructor", id: ["no", "Such"], kwargs: {} },
		{
			lc: 1,
			type: "constructor",
			id: ["langchain_core", "messages", "HumanMessage"],
			kwargs: { content: "Made of what a model wrote." },
		},
		{ lc: 2, type: "undefined" },
	])("store arguments that look like a LangChain object unchanged: %j", async (record) => {
		const input = { query: "noodles", more: [record] };
		await ask("Where are they?", (_, calls) => (calls === 1 ? calling("search_collection", input) : { text: "Hm." }));
		// Read back from the checkpoint.
		const conversation = await ports.turns.conversation(user, "s");
		expect(JSON.stringify(conversation?.messages)).toContain(JSON.stringify(record));
		const next = await ask("And now?", () => ({ text: "Here." }));
		expect(next.text).toBe("Here.");
	});

	it("store answers of any length: none is too long for its item of the history", async () => {
		// Text that gzip hardly compresses, from a server that ignores the token limit.
		const noise = randomBytes(600_000).toString("base64");
		const { text, reasoning } = await ask("noodles", (_, calls) =>
			calls === 1
				? {
						text: noise,
						toolCalls: [
							{ name: "search_collection", input: { query: "noodles" } },
							{ name: noise, input: {} },
						],
					}
				: { text: `A bowl of noodles [${ref(noodles)}].\n${noise}` },
		);
		expect(text).toBe(`A bowl of noodles [${noodles}].\n\nThe answer was too long and ends early.`);
		expect(JSON.stringify(reasoning).length).toBeLessThan(3_000);
		const plain = await ask("hello", () => ({ text: noise }));
		expect(plain.text).toBe(`${noise.slice(0, maxAnswerLength)}\n\nThe answer was too long and ends early.`);
		const history = await ports.sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual(["noodles", text, "hello", plain.text]);
	});

	it("answer when the model refuses, and when it writes nothing", async () => {
		const refused = await ask("bad", () => ({ ended: "refused" }));
		expect(refused.text).toBe("The model refused to answer.");
		const mute = await ask("and?", () => ({ text: " " }));
		expect(mute.text).toBe("The model wrote no answer.");
		await isUsable();
	});

	it("fail with the model if nothing was found, and the repeated question continues the same turn", async () => {
		const away = new ModelFailure("chat_unavailable", "Overloaded (529).");
		await expect(ask("noodles", () => away)).rejects.toBe(away);
		const again = await ask("noodles", searchThenSay("noodles", `A bowl of noodles [${ref(noodles)}].`));
		expect(again).toMatchObject({ number: 1, ids: [noodles] });
		const history = await ports.sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual(["noodles", `A bowl of noodles [${noodles}].`]);
	});

	it("answer with the items found if the model fails later, and say why", async () => {
		const { text, ids } = await ask("noodles", (_, calls) =>
			calls === 1 ? searching("noodles") : new ModelFailure("chat_unavailable", "key sk-1 is over its limit"),
		);
		expect(text).toMatch(/^I stopped: The model gave no answer/);
		expect(text).not.toMatch(/sk-1/);
		expect(ids).toEqual([noodles]);
		await isUsable();
	});

	it("begin anew after a failed question, with the unanswered question in the prompt", async () => {
		const away = new ModelFailure("chat_unavailable", "Overloaded.");
		await expect(ask("one", () => away)).rejects.toBe(away);
		const { number, requests } = await ask("two", () => ({ text: "Yes." }));
		expect(number).toBe(2);
		expect(requests[0]?.messages.map(({ role, text }) => [role, text]).slice(1)).toEqual([
			["user", "one"],
			["assistant", "I could not answer that."],
			["user", "two"],
		]);
	});

	it("continue after the last committed step if a search failed", async () => {
		const { search } = ports;
		const lastRoles: string[] = [];
		const say: Say = ({ messages }) => {
			lastRoles.push(messages.at(-1)?.role ?? "");
			return messages.at(-1)?.role === "tool" ? { text: `A bowl of noodles [${ref(noodles)}].` } : searching("noodles");
		};
		ports.search = {
			...search,
			hybrid: async () => {
				throw new Error("the database is unavailable");
			},
		};
		await expect(ask("noodles", say)).rejects.toThrow("the database is unavailable");
		ports.search = search;
		const { ids, number } = await ask("noodles", say);
		expect({ ids, number }).toEqual({ ids: [noodles], number: 1 });
		// The model is not called again for the tool call it had made.
		expect(lastRoles).toEqual(["user", "tool"]);
	});

	it("remember only the beginning of a long answer, so that others still fit", async () => {
		await ask("first", () => ({ text: "A plum." }));
		const long = "Many words of nothing. ".repeat(800).trim();
		await ask("second", () => ({ text: long }));
		const { requests } = await ask("third", () => ({ text: "Yes." }));
		const read = requests.at(-1)?.messages.map(({ text }) => text) ?? [];
		expect(read).toContain("A plum.");
		expect(read).toContain(`${long.slice(0, 2_000)}…`);
	});

	it("remember at most forty items", async () => {
		for (let at = 0; at < 45; at++) {
			await readyItem(ports, user, { headline: `Noodles of day ${at}` });
		}
		const { requests } = await ask("noodles", searchThenSay("noodles", "Many."), { topK: 50 });
		const modelInput = requests.at(-1) && lastOf(requests.at(-1) as ChatRequest);
		expect(modelInput?.text.match(/<item /g)?.length).toBeGreaterThan(44);
		expect((await ports.turns.conversation(user, "s"))?.known).toHaveLength(40);
	});

	it("count the summary among the six model calls", async () => {
		for (let turn = 1; turn <= 9; turn++) {
			await ask(`question ${turn}`, () => ({ text: "Yes." }));
		}
		const { requests, text } = await ask("again", ({ messages }) =>
			messages[1]?.text.startsWith("<conversation>") ? { text: "Nine questions." } : searching("noodles"),
		);
		expect(requests[0]?.messages[1]?.text).toMatch(/^<conversation>/);
		expect(requests).toHaveLength(6);
		expect(text).toContain("I stopped after 6 model calls");
	});

	it("read no more in the hundredth turn than in the twentieth, and still know the first exchange", async () => {
		const sizes: number[] = [];
		const words = "A rather long question about many things. ".repeat(20);
		for (let turn = 1; turn <= 100; turn++) {
			let size = 0;
			await ask(`${turn}: ${words}`, (request, calls) => {
				const isSummary = request.messages[1]?.text.startsWith("<conversation>");
				if (isSummary) return { text: "Summary: the first word was plum." };
				size = Math.max(size, JSON.stringify(request.messages).length);
				return calls % 2 === 1 ? searching("noodles") : { text: `A bowl of noodles [${ref(noodles)}].` };
			});
			sizes.push(size);
		}
		const early = Math.max(...sizes.slice(10, 30));
		expect(Math.max(...sizes.slice(30))).toBeLessThanOrEqual(early * 1.02);
		let system = "";
		await ask("and?", ({ messages: [first] }) => {
			system = first?.text ?? "";
			return { text: "Yes." };
		});
		expect(system).toContain("the first word was plum");
		const history = await ports.sessions.history(user, "s", { limit: 300 });
		expect(history?.messages).toHaveLength(202);
	}, 120_000);

	/** Expects that another question gets its answer, and that every tool call has its result. */
	async function isUsable() {
		const { requests, ids } = await ask(
			"Is it still there?",
			searchThenSay("lighthouse", `A lighthouse [${ref(lighthouse)}].`),
		);
		expect(ids).toEqual([lighthouse]);
		for (const { messages } of requests) {
			const called = messages.flatMap((message) =>
				message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : [],
			);
			const answeredCalls = messages.flatMap((message) => (message.role === "tool" ? [message.callId] : []));
			expect(answeredCalls).toEqual(called);
		}
	}
}
