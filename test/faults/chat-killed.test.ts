import { afterAll, beforeAll, expect, test } from "vitest";
import type { Ports } from "#core/ports/index.ts";
import { fakeChat } from "#fakes/chat.ts";
import { fakePorts } from "#fakes/ports.ts";
import { conversationsOn, jumpingClock } from "../contracts/conversations.ts";
import { type Backend, backends, countTraffic, documentClient, listItems } from "../support/checkpoint-saver.ts";
import { readyItem } from "../unit/api/ready-item.ts";
import { ask, newUser, ref, type Say, searching } from "../unit/chat/talk.ts";

let backend: Backend;
beforeAll(async () => {
	backend = (await backends[0]?.start()) as Backend;
});
afterAll(() => backend.stop());

class Killed extends Error {
	override name = "Killed";
}

/** Makes a client that crashes at its nth command, before it is sent or after it was executed. */
function dying(when: "before" | "after", nth: number) {
	let count = 0;
	let isDead = false;
	const send = async (command: never) => {
		if (isDead) throw new Killed();
		count += 1;
		isDead = count === nth;
		if (isDead && when === "before") throw new Killed();
		const answer = await backend.dynamodb.send(command);
		if (isDead) throw new Killed();
		return answer;
	};
	return { send: send as never, died: () => isDead };
}

test.each(["before", "after"] as const)(
	"a turn that crashes %s any of its requests continues from its last step as the same turn",
	async (when) => {
		const clock = jumpingClock();
		let deaths = 0;
		for (let nth = 1; ; nth++) {
			const user = newUser();
			const rows = fakePorts();
			const { itemId } = await readyItem(rows, user, {
				headline: "A bowl of noodles",
			});
			const over = (client?: ReturnType<typeof dying>): Ports => ({
				...rows,
				...conversationsOn(backend, { ...clock, client }),
			});
			const say: Say = ({ messages }) =>
				messages.at(-1)?.role === "tool" ? { text: `A bowl of noodles [${ref(itemId)}].` } : searching("noodles");
			await ask(over(), user, "Have I noodles?", say);

			const client = dying(when, nth);
			const broken = await ask(over(client), user, "And again?", say).catch((error) => error);
			if (!client.died()) break;
			deaths += 1;
			expect(broken).toBeInstanceOf(Error);
			// A crash does not release its lease, which expires.
			clock.pass(31_000);

			const again = await ask(over(), user, "And again?", say);
			const history = await over().sessions.history(user, "s");
			const texts = history?.messages.map(({ text }) => text);
			const isKept = when === "after" && texts?.length === 6;
			// The question begins a new turn only if the answer was already stored.
			expect([again.number, texts?.length]).toEqual(isKept ? [3, 6] : [2, 4]);
			expect(again.ids).toEqual([itemId]);
			for (const { messages } of again.requests) {
				const called = messages.flatMap((message) =>
					message.role === "assistant" ? message.toolCalls.map(({ id }) => id) : [],
				);
				const answeredCalls = messages.flatMap((message) => (message.role === "tool" ? [message.callId] : []));
				expect(answeredCalls).toEqual(called);
				// The question is stored once, however often the turn begins.
				expect(messages.filter(({ role, text }) => role === "user" && /^And again\?/.test(text))).toHaveLength(
					isKept ? 2 : 1,
				);
			}
		}
		// A turn has at least these crash points: lease, question, five steps and the answer.
		expect(deaths).toBeGreaterThan(8);
	},
	120_000,
);

test("a step that ends after its turn's lease is not committed, since another turn may hold the session", async () => {
	const user = newUser();
	const rows = fakePorts();
	// The lease of a sandbox that was frozen for forty seconds.
	const late = conversationsOn(backend, { now: () => Date.now() - 40_000 });
	let modelCalls = 0;
	const answering = ask({ ...rows, ...late }, user, "Hello?", () => {
		modelCalls += 1;
		return { text: "Too late." };
	});
	await expect(answering).rejects.toMatchObject({ code: "timed_out" });
	expect(modelCalls).toBe(0);
	const { sessions, turns } = conversationsOn(backend);
	expect(await turns.conversation(user, "s")).toBeNull();
	const history = await sessions.history(user, "s");
	expect(history?.messages.map(({ text }) => text)).toEqual(["Hello?"]);
});

test("a turn reads its session once, when it takes the lease", async () => {
	const user = newUser();
	const client = documentClient(backend.client);
	const take = countTraffic(client);
	const ports = { ...fakePorts(), ...conversationsOn(backend, { client }) };
	const operations = [];
	for (const question of ["Hello?", "Still there?"]) {
		take();
		await ask(ports, user, question, () => ({ text: "Hello!" }));
		operations.push(take().operations);
	}
	const [first, second] = operations;
	expect(first).toMatchObject({ UpdateItem: 1, TransactWriteItems: 2 });
	expect(second).toMatchObject({ UpdateItem: 1, TransactWriteItems: 2 });
	for (const operation of operations) expect(operation).not.toHaveProperty("GetItem");
});

test("a turn whose session is deleted during it is not found, and stores nothing", async () => {
	const user = newUser();
	const ports = { ...fakePorts(), ...conversationsOn(backend) };
	await ask(ports, user, "Hello?", () => ({ text: "Hello!" }));
	const model = fakeChat(() => ({ text: "Yes." }));
	const answering = ask(ports, user, "Still there?", {
		async answer(request) {
			await ports.sessions.delete(user, "s");
			return model.answer(request);
		},
	});
	await expect(answering).rejects.toMatchObject({ code: "session_not_found" });
	expect(await listItems(backend, user, ["s"])).toEqual([]);
});

test("a conversation with 5 MB of state continues", async () => {
	const user = newUser();
	const rows = fakePorts();
	const { itemId } = await readyItem(rows, user, { headline: "Noodles" });
	const ports: Ports = { ...rows, ...conversationsOn(backend) };
	const traffic = countTraffic(backend.s3);
	const thought = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString("base64");
	const content = Array.from({ length: 63 }, (_, at) => `${at}${thought}`);
	const first = await ask(ports, user, "noodles", {
		async answer({ messages }) {
			const toolCalls = [{ id: "call", name: "search_collection", input: { query: "noodles" } }];
			const isTold = messages.at(-1)?.role === "tool";
			return {
				message: {
					role: "assistant",
					text: isTold ? `Noodles [${ref(itemId)}].` : "",
					toolCalls: isTold ? [] : toolCalls,
					providerContent: { provider: "fake", model: "thinker", content },
				},
				stopReason: isTold ? "complete" : "tools",
				provider: "fake",
				model: "thinker",
				traceId: null,
				usage: {
					provider: "fake",
					model: "thinker",
					inputTokens: 1,
					outputTokens: 1,
					costUsd: 0,
				},
			};
		},
	});
	expect(first.ids).toEqual([itemId]);
	const { operations, sentBytes } = traffic();
	expect(operations.PutObject).toBeGreaterThan(0);
	expect(sentBytes).toBeGreaterThan(4_000_000);
	const next = await ask(ports, user, "again", () => ({
		text: `Noodles [${ref(itemId)}].`,
	}));
	expect(next).toMatchObject({ number: 2, ids: [itemId] });
});
