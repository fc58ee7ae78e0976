import { randomBytes, randomUUID } from "node:crypto";
import { TransactionCanceledException, TransactionConflictException } from "@aws-sdk/client-dynamodb";
import { type DynamoDBDocumentClient, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { describe, expect, it } from "vitest";
import type { HistoryPage, OpenTurn, SessionMessage } from "#core/ports/index.ts";
import { backends } from "../support/checkpoint-saver.ts";
import { startedBackend } from "../support/started-backend.ts";
import { type Conversations, conversationsInMemory, conversationsOn, jumpingClock } from "./conversations.ts";

const clock = jumpingClock();
const hour = 3_600_000;

const answer = (text: string): SessionMessage => ({
	role: "assistant",
	text,
	at: new Date(clock.now()),
	items: [],
	toolsUsed: ["search_collection"],
	traceId: "trace",
	usage: [],
});

describe("sessions in memory", () => {
	const conversations = conversationsInMemory(clock.now);
	sessionsContract(() => conversations);
});

describe.each(backends)("sessions on $name", ({ start }) => {
	const backend = startedBackend(start);
	sessionsContract(() => conversationsOn(backend(), clock));

	it("creates a session once, although the SDK retries a request whose response was lost", async () => {
		const user = randomUUID();
		const { dynamodb } = backend();
		const client = {
			send: async (command: never) => {
				if (!((command as object) instanceof TransactWriteCommand)) {
					await dynamodb.send(command).catch(() => {});
				}
				return dynamodb.send(command);
			},
		} as unknown as Pick<DynamoDBDocumentClient, "send">;
		const { sessions } = conversationsOn(backend(), { ...clock, client });
		const first = await sessions.beginTurn(user, "s", "one");
		await sessions.endTurn(user, first, answer("1"));
		expect(await sessions.beginTurn(user, "s", "two")).toMatchObject({ number: 2 });
	});

	it("retries on TransactionConflict", async () => {
		const user = randomUUID();
		const { dynamodb } = backend();
		let attempts = 0;
		const client = {
			send: (command: never) => {
				attempts += 1;
				if (attempts % 3 === 0) return dynamodb.send(command);
				const failure = { message: "Conflict.", $metadata: {} };
				throw (command as object) instanceof TransactWriteCommand
					? new TransactionCanceledException({
							...failure,
							CancellationReasons: [{ Code: "None" }, { Code: "TransactionConflict" }],
						})
					: new TransactionConflictException(failure);
			},
		} as unknown as Pick<DynamoDBDocumentClient, "send">;
		const { sessions } = conversationsOn(backend(), { ...clock, client });
		const reading = conversationsOn(backend(), clock).sessions;
		const turn = await sessions.beginTurn(user, "s", "one");
		await sessions.endTurn(user, turn, answer("1"));
		expect(await reading.history(user, "s")).toMatchObject({ session: { messageCount: 2 }, isBusy: false });
	});

	it("makes a second message wait for the first", async () => {
		const user = randomUUID();
		const { sessions } = conversationsOn(backend(), { ...clock, maxWaitMs: 10_000 });
		const first = await sessions.beginTurn(user, "s", "one");
		const second = sessions.beginTurn(user, "s", "two");
		await sessions.endTurn(user, first, answer("1"));
		expect(await second).toMatchObject({ number: 2 });
	});

	it("stores an answer with its first items, if all are too large for an item of the table", async () => {
		const user = randomUUID();
		const { sessions } = conversationsOn(backend(), clock);
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
		const stored = history?.messages[1];
		expect(stored?.text).toBe("Forty.");
		expect(stored?.items).toEqual(items.slice(0, 20));
		expect(history?.isBusy).toBe(false);
	});

	it("reads a page with two requests and one item more than it has, however long the conversation is", async () => {
		const user = randomUUID();
		const { sessions } = conversationsOn(backend(), clock);
		for (let at = 0; at < 20; at++) {
			const turn = await sessions.beginTurn(user, "s", `question ${at}`);
			await sessions.endTurn(user, turn, answer(`answer ${at}`));
		}
		const read: [string, number][] = [];
		const client = {
			async send(command: never) {
				const output = (await backend().dynamodb.send(command)) as { Items?: unknown[] };
				read.push([(command as object).constructor.name, output.Items?.length ?? 1]);
				return output;
			},
		} as unknown as Pick<DynamoDBDocumentClient, "send">;
		const counted = conversationsOn(backend(), { ...clock, client }).sessions;
		const first = await counted.history(user, "s", { limit: 4 });
		expect(read.splice(0)).toEqual([
			["GetCommand", 1],
			["QueryCommand", 5],
		]);
		await counted.history(user, "s", { limit: 4, cursor: first?.nextCursor ?? "" });
		expect(read).toEqual([
			["GetCommand", 1],
			// The end of the range is read, too.
			["QueryCommand", 6],
		]);
	});

	it("gives each of five concurrent messages its own turn", async () => {
		const user = randomUUID();
		const open = () => conversationsOn(backend(), { ...clock, maxWaitMs: 100_000 }).sessions;
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
		expect(texts?.map(([side]) => side)).toEqual(Array.from({ length: 5 }, () => ["question", "answer"]).flat());
		for (let at = 0; at < 10; at += 2) {
			expect(texts?.[at]?.[1]).toBe(texts?.[at + 1]?.[1]);
		}
		// moto copies all tables for each transaction: on a busy machine five turns take half a minute.
	}, 120_000);
});

function sessionsContract(get: () => Conversations): void {
	const askAndAnswer = async (user: string, sessionId: string, question: string): Promise<OpenTurn> => {
		const { sessions } = get();
		const turn = await sessions.beginTurn(user, sessionId, question);
		await sessions.endTurn(user, turn, answer(`to ${question}`));
		return turn;
	};

	it("stores messages in order, and counts them", async () => {
		const user = randomUUID();
		expect(await askAndAnswer(user, "trip", "one")).toMatchObject({ number: 1 });
		expect(await askAndAnswer(user, "trip", "two")).toMatchObject({ number: 2 });
		const history = await get().sessions.history(user, "trip");
		expect(history).toMatchObject({ session: { sessionId: "trip", messageCount: 4 }, isBusy: false });
		expect(history?.messages.map(({ role, text }) => [role, text])).toEqual([
			["user", "one"],
			["assistant", "to one"],
			["user", "two"],
			["assistant", "to two"],
		]);
		expect(history?.messages[1]).toEqual({ ...answer("to one"), at: expect.any(Date) });
	});

	/** Reads every page, the newest first. */
	async function pagesOf(user: string, page: HistoryPage): Promise<string[][]> {
		const pages: string[][] = [];
		let cursor: string | undefined;
		do {
			const found = await get().sessions.history(user, "s", { ...page, cursor });
			pages.push(found?.messages.map(({ text }) => text) ?? []);
			cursor = found?.nextCursor ?? undefined;
		} while (cursor);
		return pages;
	}

	it("reads a history page by page, the newest first, and each in the order of time", async () => {
		const user = randomUUID();
		for (const question of ["1", "2", "3"]) await askAndAnswer(user, "s", question);
		expect(await pagesOf(user, { limit: 4 })).toEqual([
			["2", "to 2", "3", "to 3"],
			["1", "to 1"],
		]);
		expect(await pagesOf(user, { limit: 6 })).toHaveLength(1);
		expect(await pagesOf(user, { limit: 1 })).toEqual([["to 3"], ["3"], ["to 2"], ["2"], ["to 1"], ["1"]]);
	});

	it("ends a page where its messages are too many bytes, and never leaves it empty", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const turn = await sessions.beginTurn(user, "s", "short");
		await sessions.endTurn(user, turn, answer("long ".repeat(2_000)));
		await askAndAnswer(user, "s", "again");
		const lengths = (await pagesOf(user, { maxBytes: 5_000 })).map((page) => page.map((text) => text.length));
		expect(lengths).toEqual([[5, 8], [10_000], [5]]);
	});

	it.each(["", "x", "AAAA", Buffer.from("other 000001a").toString("base64url")])(
		"refuses the cursor %j, which no page of the session gave",
		async (cursor) => {
			const user = randomUUID();
			await askAndAnswer(user, "s", "one");
			await expect(get().sessions.history(user, "s", { cursor })).rejects.toMatchObject({ code: "invalid_request" });
		},
	);

	it("begins a new turn for a question that was answered before", async () => {
		const user = randomUUID();
		expect(await askAndAnswer(user, "trip", "one")).toMatchObject({ number: 1 });
		expect(await askAndAnswer(user, "trip", "one")).toMatchObject({ number: 2 });
		const history = await get().sessions.history(user, "trip");
		expect(history?.messages).toHaveLength(4);
	});

	it("keeps the order beyond the tenth turn", async () => {
		const user = randomUUID();
		const questions = Array.from({ length: 11 }, (_, at) => `question ${at + 1}`);
		for (const question of questions) await askAndAnswer(user, "long", question);
		const history = await get().sessions.history(user, "long");
		expect(history?.messages.map(({ text }) => text)).toEqual(
			questions.flatMap((question) => [question, `to ${question}`]),
		);
	}, 120_000);

	it("lists a user's sessions by last use, the latest first", async () => {
		const user = randomUUID();
		for (const name of ["a", "b", "c"]) {
			await askAndAnswer(user, name, "hello");
			clock.pass(1_000);
		}
		await askAndAnswer(user, "a", "again");
		await askAndAnswer(randomUUID(), "foreign", "hello");
		const list = await get().sessions.list(user, 2);
		expect(list.map((session) => [session.sessionId, session.messageCount])).toEqual([
			["a", 4],
			["c", 2],
		]);
	});

	it("treats another user's session and an expired one like an unknown one", async () => {
		const [user, stranger] = [randomUUID(), randomUUID()];
		await askAndAnswer(user, "s", "hello");
		const { sessions } = get();
		const isGone = async (who: string, name: string) => {
			expect(await sessions.history(who, name)).toBeNull();
			expect(await sessions.delete(who, name)).toBe(false);
		};
		await isGone(stranger, "s");
		await isGone(user, "t");
		clock.pass(4 * hour + 1_000);
		await isGone(user, "s");
		expect(await sessions.list(user, 10)).toEqual([]);
	});

	it("extends a session by four hours with each message; an expired session is created again empty", async () => {
		const user = randomUUID();
		await askAndAnswer(user, "s", "one");
		clock.pass(3 * hour);
		await askAndAnswer(user, "s", "two");
		clock.pass(3 * hour);
		const { sessions } = get();
		expect(await sessions.history(user, "s")).toMatchObject({ session: { messageCount: 4 } });
		clock.pass(2 * hour);
		expect(await askAndAnswer(user, "s", "three")).toMatchObject({ number: 1 });
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual(["three", "to three"]);
	});

	it("accepts one message at a time, until it is answered or abandoned", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const first = await sessions.beginTurn(user, "s", "one");
		const lease = first.leaseEnds.getTime();
		expect(lease).toBeGreaterThan(Date.now() + 25_000);
		expect(lease).toBeLessThanOrEqual(clock.now() + 30_000);
		expect(await sessions.history(user, "s")).toMatchObject({ isBusy: true });
		await expect(sessions.beginTurn(user, "s", "two")).rejects.toMatchObject({ code: "session_busy" });
		await sessions.abandonTurn(user, first);
		const second = await sessions.beginTurn(user, "s", "two");
		expect(second.number).toBe(2);
		// Abandoning a turn does not release another turn's lease.
		await sessions.abandonTurn(user, first);
		await expect(sessions.beginTurn(user, "s", "three")).rejects.toMatchObject({ code: "session_busy" });
	});

	it("expires the lease of a killed turn, which the same question continues, stored once", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const dead = await sessions.beginTurn(user, "s", "one");
		clock.pass(31_000);
		const again = await sessions.beginTurn(user, "s", "one");
		expect(again.number).toBe(dead.number);
		await expect(sessions.endTurn(user, dead, answer("late"))).rejects.toMatchObject({ code: "session_busy" });
		await sessions.endTurn(user, again, answer("in time"));
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual(["one", "in time"]);
	});

	it("does not store the same question again and again where it is retried in turns with another", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const fails = async (question: string) => {
			const turn = await sessions.beginTurn(user, "s", question);
			await sessions.abandonTurn(user, turn);
			return turn.number;
		};
		await askAndAnswer(user, "s", "zero");
		expect([
			await fails("one"),
			await fails("two"),
			await fails("one"),
			await fails("two"),
			await fails("two"),
		]).toEqual([2, 3, 4, 5, 5]);
		expect(await askAndAnswer(user, "s", "one")).toMatchObject({ number: 6 });
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual(["zero", "to zero", "two", "one", "to one"]);
		expect(history?.session.messageCount).toBe(5);
		// What was answered is asked anew; what was not continues.
		expect(await fails("one")).toBe(7);
		expect(await fails("two")).toBe(8);
		expect((await sessions.history(user, "s"))?.session.messageCount).toBe(6);
	});

	it("cancels the turn under way, whose question then continues it", async () => {
		const [user, stranger] = [randomUUID(), randomUUID()];
		const { sessions } = get();
		expect(await sessions.cancelTurn(user, "s")).toBeNull();
		const turn = await sessions.beginTurn(user, "s", "one");
		expect(await sessions.cancelTurn(stranger, "s")).toBeNull();
		expect(await sessions.holdsTurn(user, turn)).toBe(true);
		expect(await sessions.cancelTurn(user, "s")).toBe(true);
		expect(await sessions.holdsTurn(user, turn)).toBe(false);
		expect(await sessions.cancelTurn(user, "s")).toBe(false);
		await expect(sessions.endTurn(user, turn, answer("late"))).rejects.toMatchObject({ code: "session_busy" });
		const again = await sessions.beginTurn(user, "s", "one");
		expect(again.number).toBe(turn.number);
		// The canceled turn takes nothing from the one after it.
		await sessions.abandonTurn(user, turn);
		expect(await sessions.holdsTurn(user, again)).toBe(true);
		await sessions.endTurn(user, again, answer("to one"));
		expect(await sessions.cancelTurn(user, "s")).toBe(false);
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual(["one", "to one"]);
	});

	it("calls a session by its first question until it gets another title, also during a turn", async () => {
		const [user, stranger] = [randomUUID(), randomUUID()];
		const { sessions } = get();
		expect(await sessions.rename(user, "s", "Lisbon")).toBeNull();
		const question = "Which gate? ".repeat(20);
		await askAndAnswer(user, "s", question);
		expect(await sessions.list(user, 10)).toMatchObject([{ title: question.slice(0, 100) }]);
		const turn = await sessions.beginTurn(user, "s", "and the seat");
		expect(await sessions.rename(stranger, "s", "Theirs")).toBeNull();
		expect(await sessions.rename(user, "s", "Lisbon")).toMatchObject({ title: "Lisbon", messageCount: 3 });
		await sessions.endTurn(user, turn, answer("14A"));
		await askAndAnswer(user, "s", "thanks");
		expect(await sessions.history(user, "s")).toMatchObject({ session: { title: "Lisbon" } });
		await sessions.delete(user, "s");
		expect(await sessions.rename(user, "s", "Back")).toBeNull();
	});

	it("refuses an answer to a deleted session, which stays deleted", async () => {
		const user = randomUUID();
		const { sessions } = get();
		await askAndAnswer(user, "s", "one");
		const turn = await sessions.beginTurn(user, "s", "two");
		expect(await sessions.delete(user, "s")).toBe(true);
		await expect(sessions.endTurn(user, turn, answer("two"))).rejects.toMatchObject({ code: "session_not_found" });
		expect(await sessions.history(user, "s")).toBeNull();
		expect(await sessions.list(user, 10)).toEqual([]);
	});

	it("refuses the former session's answer to a session that was created again", async () => {
		const user = randomUUID();
		const { sessions } = get();
		const former = await sessions.beginTurn(user, "s", "one");
		expect(await sessions.delete(user, "s")).toBe(true);
		const turn = await sessions.beginTurn(user, "s", "anew");
		expect(turn.generation).not.toBe(former.generation);
		await expect(sessions.endTurn(user, former, answer("of the former"))).rejects.toMatchObject({
			code: "session_not_found",
		});
		await sessions.endTurn(user, turn, answer("of the new"));
		const history = await sessions.history(user, "s");
		expect(history?.messages.map(({ text }) => text)).toEqual(["anew", "of the new"]);
	});
}
