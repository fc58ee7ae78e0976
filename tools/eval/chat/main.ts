// make eval-chat: holds the conversations of the datasets, and compares each reply with what it must have.
import { chatFor } from "#ai/chat.ts";
import { offlineChat } from "#ai/offline/chat.ts";
import { isWord } from "#ai/offline/word-vectors.ts";
import { chatTurn } from "#core/chat/chat-turn.ts";
import type { Chat } from "#core/ports/index.ts";
import { minDemand } from "#deployment/demands.ts";
import { main, step } from "#deployment/progress.ts";
import { fakeConversations } from "#fakes/sessions.ts";
import { fakeWebSearch } from "#fakes/web-search.ts";
import type { Database } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { postgresSearch, searchParameters } from "#postgres/search/search.ts";
import { anthropicChatWire, type ChatWire, openaiChatWire } from "../../provider-stubs/chat-wire.ts";
import { type ProviderServer, serveProvider } from "../../provider-stubs/server.ts";
import { environmentEmbedder } from "../all/embedder.ts";
import { fill, userOf } from "../all/fill.ts";
import { readSets } from "../all/sets.ts";
import { hasFact } from "../answers/facts.ts";
import { conclude } from "../conclude.ts";
import { onTemporaryDatabase } from "../on-temporary-database.ts";
import { callsOf, replyOf } from "./able-model.ts";
import { type ExpectedConversation, type ExpectedTurn, readConversations } from "./conversations.ts";
import { faultsOf, type Replied } from "./faults.ts";

const folder = "test/eval";
const names = process.env.SETS ? process.env.SETS.split(",") : ["receipts", "work", "hobby"];
const turnMs = 25_000;
const minRight = 0.9;

interface TurnResult {
	set: string;
	conversation: string;
	model: string;
	say: string;
	reply: string;
	tools: string[];
	faults: string[];
}

/** A stub of a provider: its adapter calls a server that replies, in the provider's format, as an able model would. */
interface Stub {
	wire: ChatWire;
	server: ProviderServer;
}

await main(async () => {
	const results = await onTemporaryDatabase(({ application }) => holdAll(application));
	for (const { set, conversation, model, say, reply, faults } of results.filter(({ faults }) => faults.length > 0)) {
		console.log(
			`${set}, ${conversation}, ${model}: ${say}\n  ${faults.join("; ")}\n  ${reply.replaceAll("\n", "\n  ")}`,
		);
	}
	const models = [...new Set(results.map(({ model }) => model))];
	const rows = models.map((model) => {
		const turns = results.filter((each) => each.model === model);
		const right = turns.filter(({ faults }) => faults.length === 0).length;
		return { model, turns: turns.length, right };
	});
	const demands = rows.map(({ model, turns, right }) => minDemand(`${model}: turns right`, right / turns, minRight));
	await conclude("chat", rows, demands, { turns: results });
});
process.exit();

async function holdAll(db: Database): Promise<TurnResult[]> {
	const embedder = await environmentEmbedder();
	const ports = {
		...postgresPorts(db),
		...fakeConversations({ now: () => new Date() }),
		webSearch: fakeWebSearch(),
		search: postgresSearch(db, { parameters: searchParameters, isWord }),
		embedder,
	};
	const { sets } = await readSets({ shared: "../shared", own: folder }, names, step);
	const results: TurnResult[] = [];
	const [anthropic, openai] = await Promise.all([serveProvider(), serveProvider()]);
	const key = { setting: "none", read: async () => "key" };
	const chats: Record<string, { chat: Chat; stub: Stub | null }> = {
		offline: { chat: offlineChat(), stub: null },
		anthropic: {
			chat: chatFor({ provider: "anthropic", anthropic: { key, model: "claude-sonnet-5-5", baseUrl: anthropic.url } }),
			stub: { wire: anthropicChatWire, server: anthropic },
		},
		openai: {
			chat: chatFor({ provider: "openai", openai: { key, model: "gpt-5.4-mini", baseUrl: openai.url } }),
			stub: { wire: openaiChatWire, server: openai },
		},
	};
	for (const set of sets) {
		const conversations = await readConversations(folder, set);
		const ids = await step(`${set.name}: ${set.items.length} items`, (progress) => fill(ports, set, progress));
		const itemIds = new Map([...ids].map(([itemId, id]) => [id, itemId]));
		const itemIdOf = (id: string) => itemIds.get(id) ?? id;
		await step(`${set.name}: ${conversations.length} conversations`, async (progress) => {
			for (const [at, conversation] of conversations.entries()) {
				for (const [model, { chat, stub }] of Object.entries(chats)) {
					const sessionId = `${model}-${at}`;
					for (const [number, expected] of conversation.turns.entries()) {
						if (stub) prepare(stub, conversation, expected, number, itemIdOf);
						const { answer } = await chatTurn({ ...ports, chat }, userOf(set), {
							sessionId,
							question: expected.say,
							limits: { topK: 10 },
							deadline: new Date(Date.now() + turnMs),
						});
						const replied: Replied = {
							text: answer.text,
							cited: answer.items.map(({ itemId }) => ids.get(itemId) ?? itemId),
							tools: answer.toolsUsed,
						};
						const faults = [
							...faultsOf(stub ? oneOf(expected) : expected, replied),
							...(stub ? unreadBy(stub, expected, itemIdOf) : []),
						];
						const { say } = expected;
						results.push({
							set: set.name,
							conversation: conversation.name,
							model,
							say,
							reply: answer.text,
							tools: answer.toolsUsed,
							faults,
						});
					}
				}
				progress(at + 1, conversations.length);
			}
		});
	}
	await Promise.all([anthropic.close(), openai.close()]);
	return results;
}

/** Sets the replies of a stub for one turn: its tool calls, then its text. */
function prepare(
	{ wire, server }: Stub,
	conversation: ExpectedConversation,
	expected: ExpectedTurn,
	number: number,
	itemIdOf: (id: string) => string,
): void {
	const toolCalls = callsOf(expected, number);
	const text = wire.reply({ text: replyOf(expected, conversation, itemIdOf) });
	server.answers(...(toolCalls.length > 0 ? [wire.reply({ toolCalls }), text] : [text]));
}

/** A stub's reply needs one item for a fact that several have. */
function oneOf(expected: ExpectedTurn): ExpectedTurn {
	return { ...expected, all: expected.all && expected.facts.length === 0 };
}

/** Returns what the stub's reply says that it has not read: its tools must have been run, and their results sent. */
function unreadBy({ wire, server }: Stub, expected: ExpectedTurn, itemIdOf: (id: string) => string): string[] {
	const body = server.requests.at(-1)?.body;
	const read = JSON.stringify(body);
	const results = wire.resultsIn(body).join("\n");
	const needed = expected.facts.length > 0 ? expected.items.slice(0, 1) : expected.items;
	return [
		...needed.filter((id) => !read.includes(itemIdOf(id).slice(0, 8))).map((id) => `was not shown ${id}`),
		...(expected.items.length === 0
			? expected.facts.filter((forms) => !hasFact(results, forms)).map((forms) => `was not told ${forms.join(" or ")}`)
			: []),
	];
}
