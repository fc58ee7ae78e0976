import type Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import type { HttpReply, Reply } from "#tools/provider-stubs/server.ts";

const halvesOf = (text: string) => [text.slice(0, 3), text.slice(3)];

/** Returns a message of Anthropic's as a stream, whose texts and inputs come in two parts. */
export function streamedMessage(plain: Reply): HttpReply {
	const { content, stop_reason, usage, ...message } = (plain as HttpReply).body as Anthropic.Message;
	const events = [
		{
			type: "message_start",
			message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
		},
		...content.flatMap((block, index) => {
			const deltas =
				block.type === "text"
					? halvesOf(block.text).map((text) => ({ type: "text_delta", text }))
					: block.type === "tool_use"
						? halvesOf(JSON.stringify(block.input)).map((partial_json) => ({ type: "input_json_delta", partial_json }))
						: block.type === "thinking"
							? [
									...halvesOf(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
									{ type: "signature_delta", signature: block.signature },
								]
							: [];
			const empty = { text: "", thinking: "", signature: "", input: {} };
			const kept = Object.entries(block).map(([name, value]) => [name, empty[name as keyof typeof empty] ?? value]);
			return [
				{ type: "content_block_start", index, content_block: Object.fromEntries(kept) },
				...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
				{ type: "content_block_stop", index },
			];
		}),
		{ type: "message_delta", delta: { stop_reason }, usage: { output_tokens: usage.output_tokens } },
		{ type: "message_stop" },
	];
	const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
	return { status: 200, headers: { "content-type": "text/event-stream" }, body };
}

/** Returns a completion of OpenAI's as a stream, whose text and inputs come in two parts. */
export function streamedCompletion(plain: Reply): HttpReply {
	const { choices, usage, ...completion } = (plain as HttpReply).body as OpenAI.ChatCompletion;
	const [choice] = choices;
	const { content, tool_calls = [] } = choice?.message ?? {};
	const calls = tool_calls.flatMap((call) => (call.type === "function" ? [call] : []));
	const chunk = (delta: object, finish_reason: string | null = null) => ({
		...completion,
		object: "chat.completion.chunk",
		choices: [{ index: 0, delta, finish_reason }],
		usage: null,
	});
	const chunks = [
		chunk({ role: "assistant", content: "" }),
		...(content ? halvesOf(content).map((content) => chunk({ content })) : []),
		...calls.flatMap(({ id, function: { name, arguments: input } }, index) => [
			chunk({ tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }] }),
			...halvesOf(input).map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] })),
		]),
		chunk({}, choice?.finish_reason),
		{ ...completion, object: "chat.completion.chunk", choices: [], usage },
	];
	const body = `${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join("")}data: [DONE]\n\n`;
	return { status: 200, headers: { "content-type": "text/event-stream" }, body };
}
