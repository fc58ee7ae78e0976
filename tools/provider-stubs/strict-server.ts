import type { HttpReply } from "./server.ts";

/** Fields of a request, as docs.ollama.com/api/openai-compatibility lists them. */
const chatFields = [
	"model",
	"messages",
	"frequency_penalty",
	"presence_penalty",
	"response_format",
	"seed",
	"stop",
	"stream",
	"stream_options",
	"temperature",
	"top_p",
	"max_tokens",
	"tools",
	"reasoning_effort",
];
const embeddingFields = ["model", "input", "encoding_format"];
const roles = ["system", "user", "assistant", "tool"];
const partFields: Record<string, string[]> = { text: ["type", "text"], image_url: ["type", "image_url"] };

/** Models by name: one that talks says a text, one that embeds has dimensions. */
export type StrictModels = Record<string, { says: string } | { dimensions: number }>;

interface StrictRequest {
	path: string;
	// biome-ignore lint/suspicious/noExplicitAny: it is what is checked
	body: any;
}

/** Answers as a server that speaks OpenAI's protocol and refuses whatever Ollama's documentation does not list. */
export function strictReply(models: StrictModels, { path, body }: StrictRequest): HttpReply {
	const isChat = path === "/v1/chat/completions";
	if (!isChat && path !== "/v1/embeddings") return refusal(404, `404 page not found: ${path}`);
	const unknown = Object.keys(body).find((field) => !(isChat ? chatFields : embeddingFields).includes(field));
	if (unknown) return refusal(400, `unknown field "${unknown}"`);
	const model = models[body.model];
	if (!model) return refusal(404, `model "${body.model}" not found, try pulling it first`);
	if (isChat)
		return "says" in model ? chatReply(body, model.says) : refusal(400, `"${body.model}" does not support chat`);
	if ("says" in model) return refusal(400, "this model does not support embeddings");
	if (body.encoding_format !== "float") return refusal(400, "invalid encoding_format");
	return {
		status: 200,
		body: {
			object: "list",
			model: body.model,
			data: body.input.map((text: string, index: number) => ({
				object: "embedding",
				index,
				embedding: Array.from({ length: model.dimensions }, (_, at) => Math.sin((at + 1) * (text.length + 1))),
			})),
			usage: { prompt_tokens: 7, total_tokens: 7 },
		},
	};
}

function chatReply(body: StrictRequest["body"], says: string): HttpReply {
	for (const { role, content } of body.messages) {
		if (!roles.includes(role)) return refusal(400, `invalid role "${role}"`);
		for (const part of Array.isArray(content) ? content : []) {
			const isKnown = Object.keys(part).every((field) => partFields[part.type]?.includes(field));
			if (!isKnown || (part.image_url && Object.keys(part.image_url).join() !== "url")) {
				return refusal(400, "invalid message format");
			}
		}
	}
	return {
		status: 200,
		body: {
			id: "chatcmpl-11",
			object: "chat.completion",
			created: 1_764_000_000,
			model: body.model,
			system_fingerprint: "fp_ollama",
			choices: [{ index: 0, message: { role: "assistant", content: says }, finish_reason: "stop" }],
			usage: { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 },
		},
	};
}

const refusal = (status: number, message: string): HttpReply => ({
	status,
	body: { error: { message, type: "invalid_request_error", param: null, code: null } },
});
