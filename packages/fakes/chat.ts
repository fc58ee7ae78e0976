import { readQuotedItems } from "#core/chat/quoted-items.ts";
import type { AssistantMessage, Chat, ChatRequest } from "#core/ports/index.ts";

export interface FakeChat extends Chat {
	/** Every request, oldest first. */
	readonly requests: ChatRequest[];
}

/** What a fake model says to a request: words, tool calls, an ending, or an error to throw. */
export type FakeReply =
	| Error
	| {
			text?: string;
			toolCalls?: { name: string; input: Record<string, unknown> | null }[];
			ended?: "complete" | "cut_off" | "refused";
	  };

/** A model that says what a test wants. @default the headline of each quoted item, cited */
export function fakeChat(
	say: (request: ChatRequest, calls: number) => FakeReply = headlines,
): FakeChat {
	const requests: ChatRequest[] = [];
	return {
		requests,
		async answer(request) {
			requests.push({
				...request,
				messages: structuredClone(request.messages),
			});
			const said = say(request, requests.length);
			if (said instanceof Error) throw said;
			const { text = "", toolCalls = [], ended = "complete" } = said;
			const message: AssistantMessage = {
				role: "assistant",
				text,
				toolCalls: toolCalls.map((call, at) => ({
					id: `call_${requests.length}_${at}`,
					...call,
				})),
			};
			const model = request.model ?? "fake-chat";
			return {
				message,
				stopReason:
					ended === "complete" && toolCalls.length > 0 ? "tools" : ended,
				provider: "fake",
				model,
				traceId: `trace_${requests.length}`,
				usage: {
					provider: "fake",
					model,
					inputTokens: 10,
					outputTokens: 5,
					costUsd: 0.001,
				},
			};
		},
	};
}

function headlines({ messages }: ChatRequest): FakeReply {
	const items = messages.flatMap(({ text }) => readQuotedItems(text));
	return {
		text: items.map(({ ref, headline }) => `${headline} [${ref}].`).join("\n"),
	};
}
