import type Anthropic from "@anthropic-ai/sdk";
import { Stream } from "@anthropic-ai/sdk/streaming";
import { parseToolInput } from "../chat-model.ts";

/**
 * Reads a streamed message. Not the SDK's `messages.stream`: it takes an answer that is no stream, as of a server that
 * has none, for an empty one.
 * @param onText gets the text so far
 */
export async function readMessage(
	response: Response,
	controller: AbortController,
	onText: (text: string) => void,
): Promise<Anthropic.Message> {
	if (!response.headers.get("content-type")?.includes("text/event-stream")) {
		return (await response.json()) as Anthropic.Message;
	}
	let message: Anthropic.Message | undefined;
	const inputs = new Map<number, string>();
	let text = "";
	let isComplete = false;
	for await (const event of Stream.fromSSEResponse<Anthropic.RawMessageStreamEvent>(response, controller)) {
		if (event.type === "message_start") message = event.message;
		if (!message) continue;
		if (event.type === "content_block_start") message.content[event.index] = event.content_block;
		if (event.type === "content_block_delta") {
			const block = message.content[event.index];
			const { delta } = event;
			if (block?.type === "text" && delta.type === "text_delta") {
				block.text += delta.text;
				text += delta.text;
				onText(text);
			} else if (block?.type === "thinking" && delta.type === "thinking_delta") block.thinking += delta.thinking;
			else if (block?.type === "thinking" && delta.type === "signature_delta") block.signature = delta.signature;
			else if (delta.type === "input_json_delta") {
				inputs.set(event.index, (inputs.get(event.index) ?? "") + delta.partial_json);
			}
		}
		if (event.type === "message_delta") {
			message.stop_reason = event.delta.stop_reason;
			message.usage.output_tokens = event.usage.output_tokens;
		}
		if (event.type === "message_stop") isComplete = true;
	}
	if (!message || !isComplete) throw new Error("the stream ended before its message");
	for (const [at, input] of inputs) {
		const block = message.content[at];
		// What is no JSON stays as it was written: who reads it finds that.
		if (block?.type === "tool_use") block.input = parseToolInput(input) ?? input;
	}
	return message;
}
