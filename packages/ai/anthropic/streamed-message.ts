import type Anthropic from "@anthropic-ai/sdk";
import { parseToolInput } from "../chat-model.ts";

/**
 * Makes a message of its events. The SDK's `messages.stream` would, too, but takes an answer that is no stream for an empty
 * one.
 * @param onText gets the text so far
 * @throws Error if the stream ends before the message does
 */
export async function readMessage(
	events: AsyncIterable<Anthropic.RawMessageStreamEvent>,
	onText: (text: string) => void,
): Promise<Anthropic.Message> {
	let message: Anthropic.Message | undefined;
	const inputs = new Map<number, string>();
	let text = "";
	let isComplete = false;
	for await (const event of events) {
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
