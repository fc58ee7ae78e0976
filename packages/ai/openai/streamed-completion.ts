import type OpenAI from "openai";

/**
 * Makes a completion of its chunks.
 * @param onText gets the text so far
 * @throws Error if the stream ends before the completion does
 */
export async function readCompletion(
	chunks: AsyncIterable<OpenAI.ChatCompletionChunk>,
	onText: (text: string) => void,
): Promise<OpenAI.ChatCompletion> {
	const toolCalls: OpenAI.ChatCompletionMessageFunctionToolCall[] = [];
	let first: OpenAI.ChatCompletionChunk | undefined;
	let usage: OpenAI.CompletionUsage | undefined;
	let ended: OpenAI.ChatCompletion.Choice["finish_reason"] | null = null;
	let text = "";
	let refusal = "";
	for await (const chunk of chunks) {
		first ??= chunk;
		// It comes last, with a chunk that has no choice.
		usage = chunk.usage ?? usage;
		const [choice] = chunk.choices;
		if (!choice) continue;
		const { delta } = choice;
		ended = choice.finish_reason ?? ended;
		refusal += delta.refusal ?? "";
		if (delta.content) {
			text += delta.content;
			onText(text);
		}
		for (const { index, id, function: called } of delta.tool_calls ?? []) {
			toolCalls[index] ??= { id: "", type: "function", function: { name: "", arguments: "" } };
			const call = toolCalls[index];
			call.id ||= id ?? "";
			call.function.name ||= called?.name ?? "";
			call.function.arguments += called?.arguments ?? "";
		}
	}
	if (!first || !ended) throw new Error("the stream ended before its completion");
	const { id, created, model } = first;
	const message: OpenAI.ChatCompletionMessage = {
		role: "assistant",
		content: text || null,
		refusal: refusal || null,
		...(toolCalls.length > 0 && { tool_calls: toolCalls }),
	};
	const choice: OpenAI.ChatCompletion.Choice = { index: 0, finish_reason: ended, logprobs: null, message };
	return { id, created, model, object: "chat.completion", choices: [choice], ...(usage && { usage }) };
}
