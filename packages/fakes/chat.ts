import { readQuotedItems } from "#core/chat/quoted-items.ts";
import type { AssistantMessage, Chat, ChatRequest } from "#core/ports/index.ts";

export interface FakeChat extends Chat {
	/** Every request, oldest first. */
	readonly requests: ChatRequest[];
}

/** A fake model's reply to a request: text, tool calls and an end, or an error to throw. */
export type FakeReply =
	| Error
	| {
			text?: string;
			toolCalls?: { name: string; input: Record<string, unknown> | null }[];
			ended?: "complete" | "cut_off" | "refused";
	  };

/** A chat model whose replies a test chooses. @default the headline of each quoted item, cited */
export function fakeChat(reply: (request: ChatRequest, calls: number) => FakeReply = citeHeadlines): FakeChat {
	const requests: ChatRequest[] = [];
	return {
		requests,
		async answer(request) {
			requests.push({
				...request,
				messages: structuredClone(request.messages),
			});
			const replied = reply(request, requests.length);
			if (replied instanceof Error) throw replied;
			const { text = "", toolCalls = [], ended = "complete" } = replied;
			const message: AssistantMessage = {
				role: "assistant",
				text,
				toolCalls: toolCalls.map((call, index) => ({
					id: `call_${requests.length}_${index}`,
					...call,
				})),
			};
			const model = request.model ?? "fake-chat";
			return {
				message,
				stopReason: ended === "complete" && toolCalls.length > 0 ? "tools" : ended,
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

function citeHeadlines({ messages }: ChatRequest): FakeReply {
	const items = messages.flatMap(({ text }) => readQuotedItems(text));
	return {
		text: items.map(({ ref, headline }) => `${headline} [${ref}].`).join("\n"),
	};
}
