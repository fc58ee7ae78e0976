import type OpenAI from "openai";
import type { Chat, ChatMessage } from "#core/ports/index.ts";
import { askedChat, chatUse, readInput } from "../chat-model.ts";
import type { ProviderSettings } from "../provider.ts";
import { askOpenai, endOf } from "./client.ts";

/** OpenAI's models that talk. */
export function openaiChat(settings: ProviderSettings): Chat {
	const ask = askOpenai(settings, chatUse);
	return askedChat("openai", settings.model, async (request, model) => {
		const { messages, tools = [], toolChoice = "auto" } = request;
		const completion = await ask(
			{
				model,
				max_completion_tokens: request.maxOutputTokens,
				messages: messages.map(asOpenai),
				...(tools.length > 0 && {
					tools: tools.map(({ name, description, inputSchema }) => ({
						type: "function" as const,
						function: { name, description, parameters: inputSchema },
					})),
					tool_choice: toolChoice,
				}),
				...(mustNotReason(model) && { reasoning_effort: "none" as const }),
			},
			request.deadline,
		);
		const said = completion.choices[0]?.message;
		return {
			text: said?.content ?? "",
			ended: endOf(completion),
			toolCalls: (said?.tool_calls ?? []).flatMap((call) =>
				call.type === "function"
					? [
							{
								id: call.id,
								name: call.function.name,
								input: readInput(call.function.arguments),
							},
						]
					: [],
			),
			inputTokens: completion.usage?.prompt_tokens ?? 0,
			outputTokens: completion.usage?.completion_tokens ?? 0,
			id: completion.id,
		};
	});
}

/**
 * With Chat Completions these models call tools only where reasoning is switched off by name; older ones and
 * those that always reason refuse the word.
 */
const mustNotReason = (model: string) =>
	/^gpt-5\.\d+(?!.*(chat|codex|pro))/.test(model);

function asOpenai(message: ChatMessage): OpenAI.ChatCompletionMessageParam {
	switch (message.role) {
		case "system":
			return { role: "developer", content: message.text };
		case "user":
			return { role: "user", content: message.text };
		case "tool":
			return {
				role: "tool",
				tool_call_id: message.callId,
				content: message.text,
			};
		case "assistant":
			return {
				role: "assistant",
				content: message.text,
				...(message.toolCalls.length > 0 && {
					tool_calls: message.toolCalls.map(({ id, name, input }) => ({
						id,
						type: "function" as const,
						function: { name, arguments: JSON.stringify(input ?? {}) },
					})),
				}),
			};
	}
}
