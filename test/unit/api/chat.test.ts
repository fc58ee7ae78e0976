import { describe, expect, it } from "vitest";
import { ModelFailure } from "#core/errors.ts";
import { fakeChat } from "#fakes/chat.ts";
import { fakePorts } from "#fakes/ports.ts";
import { readyItem } from "./ready-item.ts";
import { ada, bob, testApi } from "./test-api.ts";

const say = (message: string, session_id?: string) => ({
	json: { message, ...(session_id && { session_id }) },
});

describe("POST /chat", () => {
	it("answers in the format of existing clients", async () => {
		const { as, ports } = testApi();
		const { itemId } = await readyItem(ports, ada, { headline: "A harbour" });
		const api = testApi({
			ports: {
				...ports,
				chat: fakeChat((_, calls) =>
					calls === 1
						? {
								toolCalls: [{ name: "search_collection", input: { query: "harbour" } }],
							}
						: { text: `A harbour [${itemId.slice(0, 8)}].` },
				),
			},
		});
		const { status, body } = await api.as(ada)("POST", "/chat", say("boats", "s"));
		expect(status).toBe(200);
		const results = [
			expect.objectContaining({
				item_id: itemId,
				rank: 1,
				headline: "A harbour",
			}),
		];
		expect(body).toEqual({
			session_id: "s",
			message: {
				role: "assistant",
				content: `A harbour [${itemId}].`,
				timestamp: expect.any(String),
				search_results: results,
				tools_used: ["search_collection"],
				trace_id: "trace_2",
			},
			conversation_turn: 1,
			search_results: results,
			agent_reasoning: ['Searched for "harbour".'],
			tools_used: ["search_collection"],
			trace_id: "trace_2",
			response_time_ms: expect.any(Number),
		});
		const { body: history } = await as(ada)("GET", "/chat/s/history");
		expect(history).toMatchObject({
			message_count: 2,
			messages: [{ trace_id: null }, { trace_id: "trace_2" }],
		});
	});

	it("has a history of more than Lambda's 6 MB, which is no mute 500 but pages", async () => {
		const { as, ports } = testApi();
		const long = "x".repeat(100_000);
		for (let at = 1; at <= 70; at++) {
			const turn = await ports.sessions.beginTurn(ada, "s", `question ${at}`);
			const answer = { role: "assistant" as const, text: `${at} ${long}`, at: new Date(), items: [] };
			await ports.sessions.endTurn(ada, turn, { ...answer, toolsUsed: [], traceId: null, usage: [] });
		}
		const read = async (query: Record<string, string> = {}) => {
			const { status, body } = await as(ada)("GET", "/chat/s/history", { query });
			expect(status).toBe(200);
			expect(JSON.stringify(body).length).toBeLessThan(2_000_000);
			expect(body.message_count).toBe(140);
			return body;
		};
		// A client of before the pages gets the newest messages.
		let page = await read();
		expect(page.messages.at(-1).content).toMatch(/^70 x/);
		const contents: string[] = page.messages.map(({ content }: { content: string }) => content);
		while (page.next_cursor) {
			page = await read({ cursor: page.next_cursor });
			contents.unshift(...page.messages.map(({ content }: { content: string }) => content));
		}
		expect(contents.map((text) => text.split(" x")[0])).toEqual(
			Array.from({ length: 70 }, (_, index) => [`question ${index + 1}`, `${index + 1}`]).flat(),
		);
		expect((await read({ limit: "3" })).messages).toHaveLength(3);
		for (const query of [{ limit: "0" }, { limit: "201" }, { page: "2" }] as Record<string, string>[]) {
			expect((await as(ada)("GET", "/chat/s/history", { query })).status).toBe(422);
		}
		expect((await as(ada)("GET", "/chat/s/history", { query: { cursor: "no-cursor" } })).status).toBe(400);
	});

	it("does not show a deleted item's headline and text in its history, even where a turn still keeps them", async () => {
		const { as, ports } = testApi({
			ports: {
				chat: fakeChat((_, calls) =>
					calls === 1
						? { toolCalls: [{ name: "search_collection", input: { query: "harbour" } }] }
						: { text: `A harbour [${itemId.slice(0, 8)}].` },
				),
			},
		});
		const { itemId } = await readyItem(ports, ada, { headline: "A harbour" });
		expect((await as(ada)("POST", "/chat", say("harbour", "s"))).body.search_results).toMatchObject([
			{ item_id: itemId, headline: "A harbour" },
		]);
		await ports.sessions.beginTurn(ada, "s", "busy");
		expect((await as(ada)("DELETE", `/items/${itemId}`)).status).toBe(200);
		const { body } = await as(ada)("GET", "/chat/s/history");
		const [, answer] = body.messages;
		expect(answer).toMatchObject({
			content: "What was said here about a deleted item was removed.",
			search_results: [{ item_id: itemId, headline: "", summary: "", deleted: true }],
		});
		expect(JSON.stringify(answer)).not.toContain("A harbour");
	});

	it("chooses an id for a session without one", async () => {
		const { as } = testApi({
			ports: { chat: fakeChat(() => ({ text: "Hello." })) },
		});
		const { body } = await as(ada)("POST", "/chat", say("hello"));
		const history = await as(ada)("GET", `/chat/${body.session_id}/history`);
		expect(history.body.messages).toHaveLength(2);
	});

	it.each(["a#b", "a/b", "", " ", "x".repeat(129), "é"])("refuses %j as the name of a session", async (name) => {
		const { as } = testApi();
		const json = { message: "hello", session_id: name };
		const { status, body } = await as(ada)("POST", "/chat", { json });
		expect(status).toBe(422);
		expect(body.errors[0].field).toBe("body.session_id");
	});

	it("is 409 while the session answers another message, and 503 if the model is unavailable", async () => {
		const { as, ports } = testApi({
			ports: {
				chat: fakeChat(() => new ModelFailure("chat_unavailable", "Overloaded (529).", { retryAfterSeconds: 2 })),
			},
		});
		const away = await as(ada)("POST", "/chat", say("hello", "s"));
		expect(away.status).toBe(503);
		expect(away.headers.get("retry-after"), "not the pause between two calls of the model").toBe("10");
		const history = await as(ada)("GET", "/chat/s/history");
		expect(history.body).toMatchObject({ message_count: 1, in_progress: null });

		const turn = await ports.sessions.beginTurn(ada, "s", "hello");
		const busy = await as(ada)("POST", "/chat", say("and?", "s"));
		expect(busy.status).toBe(409);
		expect(busy.body.code).toBe("session_busy");
		expect(busy.headers.get("retry-after"), "a 409 without Retry-After").toBe("2");
		await ports.sessions.abandonTurn(ada, turn);
	});

	it("says what is wrong with an invalid message or session name", async () => {
		const { as } = testApi();
		const wrong = async (body: object) => {
			const answer = await as(ada)("POST", "/chat", { json: body });
			expect(answer.status).toBe(422);
			return answer.body.errors;
		};
		expect(await wrong({ message: " \n" })).toEqual([{ field: "body.message", detail: "Must not be empty" }]);
		expect(await wrong({ message: "a".repeat(4_001) })).toEqual([
			{ field: "body.message", detail: "Must have at most 4000 characters" },
		]);
		for (const session_id of ["a#b", "", "a".repeat(129), ".", ".."]) {
			expect(await wrong({ message: "hi", session_id })).toEqual([
				{
					field: "body.session_id",
					detail: "Must be 1 to 128 letters, digits or . _ : @ ~ -, not . or .. alone",
				},
			]);
		}
		expect(await wrong({ message: "hi", sesion_id: "a" })).toEqual([
			{
				field: "body.sesion_id",
				detail: expect.stringContaining("not known here"),
			},
		]);
	});

	it("shows the finished and running steps of a turn", async () => {
		const [model, search] = [barrier(), barrier()];
		const calls = [
			{ name: "list_categories", input: {} },
			{ name: "search_collection", input: { query: "tea", mode: "words" } },
		];
		const answers = fakeChat((_, callNumber) => {
			const call = calls[callNumber - 1];
			return call ? { toolCalls: [call] } : { text: "None." };
		});
		const ports = fakePorts();
		const { byText } = ports.search;
		const { as } = testApi({
			ports: {
				...ports,
				chat: {
					async answer(request) {
						if (answers.requests.length === 1) await model.pass();
						return answers.answer(request);
					},
				},
				search: {
					...ports.search,
					async byText(...args) {
						await search.pass();
						return byText(...args);
					},
				},
			},
		});
		const inProgress = async () => (await as(ada)("GET", "/chat/s/history")).body.in_progress;
		const answering = as(ada)("POST", "/chat", say("what?", "s"));
		await model.reached;
		expect(await inProgress()).toEqual({
			conversation_turn: 1,
			steps: ["Looked at the categories."],
			doing: "answering",
		});
		model.open();
		await search.reached;
		expect(await inProgress()).toEqual({
			conversation_turn: 1,
			steps: ["Looked at the categories.", 'Searched by words for "tea".'],
			doing: "searching",
		});
		search.open();
		expect((await answering).status).toBe(200);
		expect(await inProgress()).toBeNull();
	});
});

describe("GET /chat/sessions", () => {
	it("counts every session and message of the user, and lists the requested number", async () => {
		const { as, ports } = testApi();
		for (let at = 0; at < 1_002; at += 1) {
			await ports.sessions.beginTurn(ada, `s${at}`, "hello");
		}
		await ports.sessions.beginTurn(bob, "b", "hello");
		const { body } = await as(ada)("GET", "/chat/sessions", {
			query: { limit: "2" },
		});
		expect(body).toEqual({
			sessions: [1, 2].map(() => ({
				session_id: expect.stringMatching(/^s\d+$/),
				title: "hello",
				created_at: expect.any(String),
				last_activity: expect.any(String),
				message_count: 1,
			})),
			stats: { total_sessions: 1_002, total_messages: 1_002 },
		});
	});

	it.each(["0", "101", "1.5", "many", ""])("refuses a limit of %j", async (limit) => {
		const { as } = testApi();
		const answer = await as(ada)("GET", "/chat/sessions", {
			query: { limit },
		});
		expect(answer.status).toBe(422);
		expect(answer.body.errors[0].field).toBe("query.limit");
	});
});

describe("PATCH /chat/sessions/{session_id}", () => {
	it("gives a conversation another title, to its owner alone", async () => {
		const { as, ports } = testApi();
		await ports.sessions.beginTurn(ada, "trip", "Which gate is it?");
		const rename = (user: string, title: string) => as(user)("PATCH", "/chat/sessions/trip", { json: { title } });
		expect((await rename(bob, "Mine")).status).toBe(404);
		expect((await rename(ada, "  ")).status).toBe(422);
		expect(await rename(ada, " Lisbon ")).toMatchObject({
			status: 200,
			body: { session_id: "trip", title: "Lisbon", message_count: 1 },
		});
		expect((await as(ada)("GET", "/chat/trip/history")).body.title).toBe("Lisbon");
	});
});

describe("the filters of a message", () => {
	const categoriesOf = async (filters: object, input: object = {}) => {
		const ports = fakePorts();
		await readyItem(ports, ada, {
			headline: "Ramen noodles",
			category: "Food",
		});
		await readyItem(ports, ada, { headline: "Udon noodles", category: "Food" });
		await readyItem(ports, ada, {
			headline: "Noodles at sea",
			category: "Travel",
		});
		const chat = fakeChat((_, calls) =>
			calls === 1
				? {
						toolCalls: [
							{
								name: "search_collection",
								input: { query: "noodles", mode: "meaning", ...input },
							},
						],
					}
				: { text: "None." },
		);
		const answer = await testApi({ ports: { ...ports, chat } }).as(ada)("POST", "/chat", {
			json: { message: "noodles?", session_id: "s", ...filters },
		});
		expect(answer.status).toBe(200);
		const toolResult = chat.requests[1]?.messages.at(-1)?.text ?? "";
		return [...toolResult.matchAll(/"category":"(\w+)"/g)].map(([, category]) => category);
	};

	it("limit its searches: top_k, category_filter, min_similarity_score", async () => {
		const all = { min_similarity_score: -1 };
		expect((await categoriesOf(all)).sort()).toEqual(["Food", "Food", "Travel"]);
		expect(await categoriesOf({ ...all, top_k: 1 })).toHaveLength(1);
		expect(await categoriesOf({ ...all, category_filter: "Travel" })).toEqual(["Travel"]);
		expect(await categoriesOf({ min_similarity_score: 1 })).toEqual([]);
	});

	it("are not widened by the model", async () => {
		const filters = {
			min_similarity_score: -1,
			top_k: 1,
			category_filter: "Travel",
		};
		const elsewhere = { category: "Food" };
		expect(await categoriesOf(filters, elsewhere)).toEqual(["Travel"]);
		expect(await categoriesOf(filters, { top_k: 2 })).toEqual([]);
	});
});

/** Makes a barrier at which `pass` waits until it is opened. */
function barrier() {
	const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
	const { promise: opened, resolve: open } = Promise.withResolvers<void>();
	return {
		reached,
		open,
		async pass() {
			reach();
			await opened;
		},
	};
}
