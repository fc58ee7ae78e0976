import { randomBytes, randomUUID } from "node:crypto";
import {
	TransactionCanceledException,
	TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import {
	type DynamoDBDocumentClient,
	TransactWriteCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, backends } from "#cdk-local/test/services/backends.ts";
import type { OpenTurn, SessionMessage } from "#core/ports/index.ts";
import {
	type Conversations,
	conversationsInMemory,
	conversationsOn,
	jumpingClock,
} from "./conversations.ts";

const clock = jumpingClock();
const hour = 3_600_000;

const answer = (text: string): SessionMessage => ({
	role: "assistant",
	text,
	at: new Date(clock.now()),
	items: [],
	toolsUsed: ["search_collection"],
	reasoning: ["Searched."],
	traceId: "trace",
	usage: [],
});

describe("the fake", () => {
	const conversations = conversationsInMemory(clock.now);
	sessionsContract(() => conversations);
});

describe.each(backends)("sessions on $name", ({ start }) => {
	let backend: Backend;
	beforeAll(async () => {
		backend = await start();
	});
	afterAll(() => backend.stop());
	sessionsContract(() => conversationsOn(backend, clock));

	it("a session is begun once, though the SDK asks again for what was not answered", async () => {
		const user = randomUUID();
		const { dynamodb } = backend;
		const client = {
			send: async (command: never) => {
				if (!((command as object) instanceof TransactWriteCommand)) {
					await dynamodb.send(command).catch(() => {});
				}
				return dynamodb.send(command);
			},
		} as unknown as Pick<DynamoDBDocumentClient, "send">;
		const { sessions } = conversationsOn(backend, { ...clock, client });
		const first = await sessions.beginTurn(user, "s", "one");
		await sessions.endTurn(user, first, answer("1"));
		expect(await sessions.beginTurn(user, "s", "two")).toMatchObject({
			number: 2,
		});
	});

	it("what another's transaction has is asked for again", async () => {
		const user = randomUUID();
		const { dynamodb } = backend;
		let refused = 0;
		const client = {
			send: (command: never) => {
				refused += 1;
				if (refused % 3 === 0) return dynamodb.send(command);
				const failure = { message: "Taken.", $metadata: {} };
				throw (command as object) instanceof TransactWriteCommand
					? new TransactionCanceledException({
							...failure,
							CancellationReasons: [
								{ Code: "None" },
								{ Code: "TransactionConflict" },
							],
						})
					: new TransactionConflictException(failure);
			},
		} as unknown as Pick<DynamoDBDocumentClient, "send">;
		const { sessions } = conversationsOn(backend, { ...clock, client });
		const reading = conversationsOn(backend, clock).sessions;
		const turn = await sessions.beginTurn(user, "s", "one");
		await sessions.endTurn(user, turn, answer("1"));
		expect(await reading.history(user, "s")).toMatchObject({
			session: { messageCount: 2 },
			isBusy: false,
		});
	});

	it("a second message waits for the first", async () => {
		const user = randomUUID();
		const { sessions } = conversationsOn(backend, {
			...clock,
			maxWaitMs: 10_000,
		});
		const first = await sessions.beginTurn(user, "s", "one");
		const second = sessions.beginTurn(user, "s", "two");
		await sessions.endTurn(user, first, answer("1"));
		expect(await second).toMatchObject({ number: 2 });
	});

	it("an answer with more items than an item of the table holds is kept with the first of them", async () => {
		const user = randomUUID();
		const { sessions } = conversationsOn(backend, clock);
		const turn = await sessions.beginTurn(user, "s", "all of them");
		const items = Array.from({ length: 40 }, (_, at) => ({
			itemId: `${at}`,
			mimeType: "image/png" as const,
			score: 1,
			category: "Food",
			headline: "Noodles",
			summary: randomBytes(13_500).toString("base64"),
			analysisId: `${at}`,
		}));
		await sessions.endTurn(user, turn, { ...answer("Forty."), items });
		const history = await sessions.history(user, "s");
		const kept = history?.messages[1];
		expect(kept?.text).toBe("Forty.");
		expect(kept?.items).toEqual(items.slice(0, 20));
		expect(history?.isBusy).toBe(false);
	});

	it("of many messages at once each gets its turn, and none the same", async () => {
		const user = randomUUID();
		const open = () =>
			conversationsOn(backend, { ...clock, maxWaitMs: 20_000 }).sessions;
		const taken = await Promise.all(
			Array.from({ length: 5 }, async (_, at) => {
				const sessions = open();
				const turn = await sessions.beginTurn(user, "s", `question ${at}`);
				await sessions.endTurn(user, turn, answer(`answer ${at}`));
				return turn.number;
			}),
		);
		expect(taken.sort()).toEqual([1, 2, 3, 4, 5]);
		const history = await open().history(user, "s");
		const texts = history?.messages.map(({ text }) => text.split(" "));
		expect(texts?.map(([side]) => side)).toEqual(
			Array.from({ length: 5 }, () => ["question", "answer"]).flat(),
		);
		for (let at = 0; at < 10; at += 2) {
			expect(texts?.[at]?.[1]).toBe(texts?.[at + 1]?.[1]);
		}
	});
});

function sessionsContract(get: () => Conversations): void {
	const asked = async (
		user: string,
		sessionId: string,
		question: string,
	): Promise<OpenTurn> => {
		const { sessions } = get();
		const turn = await sessions.beginTurn(user, sessionId, question);
		await sessions.endTurn(user, turn, answer(`to ${question}`));
		return turn;
	};

	it("keeps what was said, in order, and counts it", async () => {
		const user = randomUUID();
		expect(await asked(user, "trip", "one")).toMatchObject({ number: 1 });
		expect(await asked(user, "trip", "two")).toMatchObject({ number: 2 });
		const history = await get().sessions.history(user, "trip");
		expect(history).toMatchObject({
			session: { sessionId: "trip", messageCount: 4 },
			isBusy: false,
		});
		expect(history?.messages.map(({ role, text }) => [role, text])).toEqual([
			["user", "one"],
			["assistant", "to one"],
			["user", "two"],
			["assistant", "to two"],
		]);
		expect(history?.messages[1]).toEqual({
			...answer("to one"),
			at: expect.any(Date),
		});
	});

	it("the same question after its answer is a turn of its own", async () => {
		const user = randomUUID();
		expect(await asked(user, "trip", "one")).toMatchObject({ number: 1 });
		expect(await asked(user, "trip", "one")).toMatchObject({ number: 2 });
		const history = await get().sessions.history(user, "trip");
		expect(history?.messages).toHaveLength(4);
	});

	it("keeps the order beyond the tenth turn", async () => {
		const user = randomUUID();
		const said = Array.from({ length: 11 }, (_, at) => `question ${at + 1}`);
		for (const question of said) await asked(user, "long", question);
		const history = await get().sessions.history(user, "long");
		expect(history?.messages.map(({ text }) => text)).toEqual(
			said.flatMap((question) => [question, `to ${question}`]),
		);
	}, 120_000);

	it("lists a person's sessions, the last used first", async () => {
		const user = randomUUID();
		for (const name of ["a", "b", "c"]) {
			await asked(user, name, "hello");
			clock.pass(1_000);
		}
		await asked(user, "a", "again");
		await asked(randomUUID(), "foreign", "hello");
		const list = await get().sessions.list(user, 2);
		expect(list.map((one) => [one.sessionId, one.messageCount])).toEqual([
			["a", 4],
			["c", 2],
		]);
	});

	it("another's session, an expired and an unknown one are alike", async () => {
		const [user, other] = [randomUUID(), randomUUID()];
		await asked(user, "s", "hello");
		const { sessions } = get();
		const isGone = async (who: string, name: string) => {
			expect(await sessions.history(who, name)).toBeNull();
			expect(await sessions.delete(who, name)).toBe(false);
		};
		await isGone(other, "s");
		await isGone(user, "t");
		clock.pass(4 * hour + 1_000);
		await isGone(user, "s");
		expect(await sessions.list(user, 10)).toEqual([]);
	});

	it("each message keeps it for four hours more; begun again it is empty", async () => {
		const user = randomUUID();
		await asked(user, "s", "one");
		clock.pass(3 * hour);
		await asked(user, "s", "two");
		clock.pass(3 * hour);
		const { sessions } = get();
		expect(await sessions.history(user, "s")).toMatchObject({
			session: { messageCount: 4 },
		});
		clock.pass(2 * hour);
		expect(await asked(user, "s", "three")).toMatchObject({ number: 1 });
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual([
			"three",
			"to three",
		]);
	});

	it("takes one message at a time, until it is answered or given up", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const first = await sessions.beginTurn(user, "s", "one");
		const lease = first.leaseEnds.getTime();
		expect(lease).toBeGreaterThan(Date.now() + 25_000);
		expect(lease).toBeLessThanOrEqual(clock.now() + 30_000);
		expect(await sessions.history(user, "s")).toMatchObject({ isBusy: true });
		await expect(sessions.beginTurn(user, "s", "two")).rejects.toMatchObject({
			code: "session_busy",
		});
		await sessions.abandonTurn(user, first);
		const second = await sessions.beginTurn(user, "s", "two");
		expect(second.number).toBe(2);
		// The lease of a turn that was given up ends nothing.
		await sessions.abandonTurn(user, first);
		await expect(sessions.beginTurn(user, "s", "three")).rejects.toMatchObject({
			code: "session_busy",
		});
	});

	it("a killed holder's lease ends by itself; the same question goes on, and is kept once", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const dead = await sessions.beginTurn(user, "s", "one");
		clock.pass(31_000);
		const again = await sessions.beginTurn(user, "s", "one");
		expect(again.number).toBe(dead.number);
		await expect(
			sessions.endTurn(user, dead, answer("late")),
		).rejects.toMatchObject({ code: "session_busy" });
		await sessions.endTurn(user, again, answer("in time"));
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual([
			"one",
			"in time",
		]);
	});

	it("a deleted session takes no answer, and does not come back", async () => {
		const user = randomUUID();
		const { sessions } = get();
		await asked(user, "s", "one");
		const turn = await sessions.beginTurn(user, "s", "two");
		expect(await sessions.delete(user, "s")).toBe(true);
		await expect(
			sessions.endTurn(user, turn, answer("two")),
		).rejects.toMatchObject({ code: "session_not_found" });
		expect(await sessions.history(user, "s")).toBeNull();
		expect(await sessions.list(user, 10)).toEqual([]);
	});

	it("a session that was deleted and begun anew takes no answer of its former life", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const former = await sessions.beginTurn(user, "s", "one");
		expect(await sessions.delete(user, "s")).toBe(true);
		const turn = await sessions.beginTurn(user, "s", "anew");
		expect(turn.generation).not.toBe(former.generation);
		await expect(
			sessions.endTurn(user, former, answer("of the former")),
		).rejects.toMatchObject({ code: "session_not_found" });
		await sessions.endTurn(user, turn, answer("of the new"));
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual([
			"anew",
			"of the new",
		]);
	});
}
