import { randomUUID } from "node:crypto";
import { chatTurn } from "#core/chat/chat-turn.ts";
import type { Chat, ChatRequest, Ports, SessionMessage } from "#core/ports/index.ts";
import { type FakeReply, fakeChat } from "#fakes/chat.ts";
import { type FakePorts, fakePorts } from "#fakes/ports.ts";
import type { Conversations } from "../../contracts/conversations.ts";
import { readyItem } from "../api/ready-item.ts";

export type Say = (request: ChatRequest, calls: number) => FakeReply;

/** Makes the two items that conversations are about. @returns their ids */
export async function lighthouseAndNoodles(
	ports: Ports,
	userId: string,
): Promise<{ lighthouse: string; noodles: string }> {
	const lighthouse = await readyItem(ports, userId, { headline: "A lighthouse at dusk", category: "Travel" });
	const noodles = await readyItem(ports, userId, { headline: "A bowl of noodles", category: "Food" });
	return { lighthouse: lighthouse.itemId, noodles: noodles.itemId };
}

/** Asks one question on these ports, with the model replies of a test. */
export async function ask(
	ports: Ports,
	userId: string,
	question: string,
	say: Say | Chat,
	{
		sessionId = "s",
		topK = 10,
		seconds = 25,
		onVerified,
	}: { sessionId?: string; topK?: number; seconds?: number; onVerified?: (text: string) => void } = {},
): Promise<{
	answer: SessionMessage;
	reasoning: string[];
	number: number;
	text: string;
	ids: string[];
	requests: ChatRequest[];
}> {
	const chat = typeof say === "function" ? fakeChat(say) : say;
	const { answer, reasoning, number } = await chatTurn({ ...ports, chat }, userId, {
		sessionId,
		question,
		// The minimum excludes vectors of items without a word of the query.
		limits: { topK, minSimilarity: 0.1 },
		deadline: new Date(Date.now() + seconds * 1_000),
		onVerified,
	});
	return {
		answer,
		reasoning,
		number,
		text: answer.text,
		ids: answer.items.map(({ itemId }) => itemId),
		requests: "requests" in chat ? (chat.requests as ChatRequest[]) : [],
	};
}

export const calling = (name: string, input: Record<string, unknown> | null = {}): FakeReply => ({
	toolCalls: [{ name, input }],
});

export const searching = (query: string, more = {}): FakeReply => calling("search_collection", { query, ...more });

export const ref = (itemId: string) => itemId.slice(0, 8);

/** Returns the last message that the model read. */
export const lastOf = ({ messages }: ChatRequest) => messages.at(-1);

/** Makes a model that searches once, then replies with this text. */
export const searchThenSay =
	(query: string, text: string): Say =>
	(_, calls) =>
		calls === 1 ? searching(query) : { text };

export const newUser = () => randomUUID();

/** A new user with the two items, and their questions in one session. */
export interface Talk {
	ports: FakePorts;
	user: string;
	lighthouse: string;
	noodles: string;
	ask(question: string, say: Say | Chat, options?: Parameters<typeof ask>[4]): ReturnType<typeof ask>;
}

export async function newTalk(conversations: Conversations): Promise<Talk> {
	const ports = { ...fakePorts(), ...conversations };
	const user = newUser();
	const items = await lighthouseAndNoodles(ports, user);
	return { ports, user, ...items, ask: (question, say, options) => ask(ports, user, question, say, options) };
}
