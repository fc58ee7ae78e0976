import type OpenAI from "openai";
import type { Chat, ChatMessage } from "#core/ports/index.ts";
import { chatModel, chatUse, parseToolInput } from "../chat-model.ts";
import type { ProviderSettings } from "../provider.ts";
import { callOpenai, dialectOf, stopReasonOf } from "./client.ts";

/** Returns OpenAI's chat models. */
export function connect(settings: ProviderSettings): Chat {
	const call = callOpenai(settings, chatUse);
	const { systemRole, maxTokens } = dialectOf(settings);
	return chatModel("openai", settings.model, async (request, model) => {
		const { messages, toolChoice = "auto" } = request;
		// Ollama has no tool_choice: "auto" is what a server does by itself, and "none" is to have no tools.
		const tools = settings.server && toolChoice === "none" ? [] : (request.tools ?? []);
		const completion = await call(
			{
				model,
				...maxTokens(request.maxOutputTokens),
				messages: messages.map((message) => asOpenai(message, systemRole)),
				...(tools.length > 0 && {
					tools: tools.map(({ name, description, inputSchema }) => ({
						type: "function" as const,
						function: { name, description, parameters: inputSchema },
					})),
					...(!settings.server && { tool_choice: toolChoice }),
				}),
				...(!settings.server && mustNotReason(model) && { reasoning_effort: "none" as const }),
			},
			request.deadline,
			request,
		);
		const reply = completion.choices[0]?.message;
		return {
			text: reply?.content ?? "",
			ended: stopReasonOf(completion),
			toolCalls: (reply?.tool_calls ?? []).flatMap((call) =>
				call.type === "function"
					? [{ id: call.id, name: call.function.name, input: parseToolInput(call.function.arguments) }]
					: [],
			),
			inputTokens: completion.usage?.prompt_tokens ?? 0,
			outputTokens: completion.usage?.completion_tokens ?? 0,
			id: completion.id,
		};
	});
}

/**
 * These models call tools in Chat Completions only with reasoning switched off; older ones, and those that always
 * reason, refuse the parameter.
 */
const mustNotReason = (model: string) => /^gpt-5\.\d+(?!.*(chat|codex|pro))/.test(model);

function asOpenai(message: ChatMessage, systemRole: "system" | "developer"): OpenAI.ChatCompletionMessageParam {
	switch (message.role) {
		case "system":
			return { role: systemRole, content: message.text };
		case "user":
			return { role: "user", content: message.text };
		case "tool":
			return { role: "tool", tool_call_id: message.callId, content: message.text };
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
