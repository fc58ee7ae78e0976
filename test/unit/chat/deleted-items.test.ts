import { gunzipSync } from "node:zlib";
import { GetObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { paginateQuery } from "@aws-sdk/lib-dynamodb";
import { beforeEach, describe, expect, it } from "vitest";
import { redactUnlisted } from "#core/chat/redact.ts";
import { deleteItem } from "#core/items/delete-item.ts";
import { finishRedactions } from "#core/items/finish-redactions.ts";
import type { SessionMessage } from "#core/ports/index.ts";
import { type Conversations, conversationsInMemory, conversationsOn } from "../../contracts/conversations.ts";
import { type Backend, backends } from "../../support/checkpoint-saver.ts";
import { startedBackend } from "../../support/started-backend.ts";
import { readyItem } from "../api/ready-item.ts";
import { newTalk, newUser, ref, type Say, searching, type Talk } from "./talk.ts";

describe("what was deleted does not stay in chats in memory", () => {
	const conversations = conversationsInMemory(Date.now);
	contract(() => conversations);
});

describe.each(backends)("what was deleted does not stay in chats on $name", ({ start }) => {
	const backend = startedBackend(start);
	contract(
		() => conversationsOn(backend()),
		(user) => storedOn(backend(), user),
	);
});

const deadline = () => new Date(Date.now() + 10_000);
const wording = /lighthouse|dusk/i;

/**
 * @param stored returns everything that is stored of the user's session `s`, decompressed
 */
function contract(get: () => Conversations, stored: (user: string) => Promise<string> = async () => ""): void {
	let { ports, user, lighthouse, noodles, ask } = {} as Talk;
	beforeEach(async () => {
		({ ports, user, lighthouse, noodles, ask } = await newTalk(get()));
	});

	/** Answers about both items, after a search for each. */
	const both: Say = (_, calls) =>
		calls === 1
			? searching("lighthouse")
			: calls === 2
				? searching("noodles")
				: { text: `A lighthouse at dusk [${ref(lighthouse)}]. A bowl of noodles [${ref(noodles)}].` };
	const history = async (): Promise<SessionMessage[]> => (await ports.sessions.history(user, "s"))?.messages ?? [];
	const isRemoved = expect.stringMatching(/^A bowl of noodles \[[\w-]+\]\.\n\nWhat was said here about a deleted item/);

	it("neither in messages, nor in checkpoints and payloads", async () => {
		await ask("everything", both);
		expect(await stored(user)).toMatch(stored.length > 0 ? wording : /^/);
		await deleteItem(ports, user, lighthouse);
		expect(await stored(user)).not.toMatch(wording);
		const messages = await history();
		expect(messages.map(({ text }) => text)).toEqual(["everything", isRemoved]);
		expect(messages[1]?.items).toMatchObject([
			{ itemId: lighthouse, headline: "", deleted: true },
			{ itemId: noodles, headline: "A bowl of noodles" },
		]);
		expect(await ports.turns.conversation(user, "s")).toBeNull();
	});

	it("and what is in the trash is neither shown nor told to the model, until it is restored", async () => {
		await ask("everything", both);
		await ports.items.trash(user, lighthouse);
		const shown = async () => (await redactUnlisted(ports, user, await history()))[1]?.text;
		expect(await shown()).toEqual(isRemoved);
		const { requests, ids } = await ask("What of them is there?", () => ({
			text: `A lighthouse at dusk [${ref(lighthouse)}]. A bowl of noodles [${ref(noodles)}].`,
		}));
		expect(JSON.stringify(requests)).not.toMatch(wording);
		expect(ids).toEqual([noodles]);
		await ports.items.restore(user, lighthouse);
		expect(await shown()).toMatch(wording);
	});

	it("and a conversation that goes on does not know it, but still what is left", async () => {
		await ask("everything", both);
		await deleteItem(ports, user, lighthouse);
		const { requests, ids, number } = await ask("What of them is there?", () => ({
			text: `A lighthouse at dusk [${ref(lighthouse)}]. A bowl of noodles [${ref(noodles)}].`,
		}));
		expect(number).toBe(2);
		const read = JSON.stringify(requests);
		expect(read).not.toMatch(wording);
		expect(read).not.toContain(ref(lighthouse));
		expect(read).toContain("everything");
		expect(read).toContain("A bowl of noodles");
		expect(ids).toEqual([noodles]);
		expect(await stored(user)).not.toMatch(wording);
	});

	it("also where a turn that was under way keeps it until the sweeper comes", async () => {
		await ask("everything", both);
		const turn = await ports.sessions.beginTurn(user, "s", "busy");
		await deleteItem(ports, user, lighthouse);
		await ports.sessions.abandonTurn(user, turn);
		// Nothing was redacted, and the next turn does not know the item all the same.
		const { requests } = await ask("And now?", () => ({ text: "Hello." }));
		expect(JSON.stringify(requests)).not.toMatch(wording);

		expect(await finishRedactions(ports, { deadline: deadline() })).toEqual({ usersRedacted: 0 });
		ports.clock.advance(61);
		expect(await finishRedactions(ports, { deadline: deadline() })).toEqual({ usersRedacted: 1 });
		expect(await stored(user)).not.toMatch(wording);
		expect((await history())[1]?.text).toEqual(isRemoved);
		expect(await ports.redactions.isPending(user)).toBe(false);
	});

	it("and the sweeper comes again while a turn is under way, however long that takes", async () => {
		await ask("everything", both);
		const turn = await ports.sessions.beginTurn(user, "s", "busy");
		await deleteItem(ports, user, lighthouse);
		ports.clock.advance(61);
		expect(await finishRedactions(ports, { deadline: deadline() })).toEqual({ usersRedacted: 0 });
		expect(await ports.redactions.isPending(user)).toBe(true);
		await ports.sessions.abandonTurn(user, turn);
		expect(await finishRedactions(ports, { deadline: deadline() })).toEqual({ usersRedacted: 0 });
		ports.clock.advance(300);
		expect(await finishRedactions(ports, { deadline: deadline() })).toEqual({ usersRedacted: 1 });
		expect(await stored(user)).not.toMatch(wording);
	});

	it("an answer without citations neither, if it has the item's words", async () => {
		await ask("everything", (request, calls) =>
			calls === 3 ? { text: "There is a lighthouse." } : both(request, calls),
		);
		await ask("Thanks!", () => ({ text: "You are welcome." }));
		await deleteItem(ports, user, lighthouse);
		expect((await history()).map(({ text }) => text)).toEqual([
			"everything",
			"What was said here about a deleted item was removed.",
			"Thanks!",
			"You are welcome.",
		]);
	});

	it("a turn that broke off does not continue with what it had read", async () => {
		await expect(
			ask("everything", (request, calls) => {
				if (calls === 3) throw new TypeError("The process died.");
				return both(request, calls);
			}),
		).rejects.toThrow("died");
		await deleteItem(ports, user, lighthouse);
		const { requests, number, ids } = await ask("everything", (request, calls) =>
			calls === 1 ? searching("noodles") : { text: `A bowl of noodles [${ref(noodles)}].`, ...request },
		);
		expect(number).toBe(1);
		expect(JSON.stringify(requests)).not.toMatch(wording);
		expect(ids).toEqual([noodles]);
	});

	it("of another person stays", async () => {
		await ask("everything", both);
		const [mine, stranger] = [user, newUser()];
		user = stranger;
		lighthouse = (await readyItem(ports, user, { headline: "A lighthouse at dusk" })).itemId;
		await ask("everything", (_, calls) =>
			calls === 1 ? searching("lighthouse") : { text: `A lighthouse at dusk [${ref(lighthouse)}].` },
		);
		await deleteItem(ports, user, lighthouse);
		user = mine;
		expect((await history())[1]?.text).toMatch(wording);
		expect(await ports.turns.conversation(user, "s")).not.toBeNull();
	});
}

async function storedOn({ dynamodb, s3, table, bucket }: Backend, user: string): Promise<string> {
	const texts: string[] = [];
	const add = (bytes: Uint8Array) => {
		const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
		texts.push(Buffer.from(isCompressed ? gunzipSync(bytes) : bytes).toString());
	};
	const pages = paginateQuery(
		{ client: dynamodb },
		{ TableName: table, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": `${user}#s` } },
	);
	for await (const { Items = [] } of pages) {
		for (const item of Items) {
			for (const value of Object.values(item)) {
				if (value instanceof Uint8Array) add(value);
				else texts.push(JSON.stringify(value));
			}
		}
	}
	const { Versions = [] } = await s3.send(
		new ListObjectVersionsCommand({ Bucket: bucket, Prefix: `checkpoints/${user}/` }),
	);
	for (const { Key, VersionId } of Versions) {
		const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key, VersionId }));
		if (Body) add(await Body.transformToByteArray());
	}
	return texts.join("\n");
}
