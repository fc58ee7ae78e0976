import { embeddingDimensions } from "#core/ports/index.ts";
import type { HttpReply } from "./server.ts";

/** A description in a model's format. */
export const description = {
	category: "Travel",
	subcategories: ["flights"],
	tags: ["Trips"],
	headline: "A boarding pass from Oslo to Reykjavik",
	summary: "A boarding pass for flight FI 319 on 3 May.",
	image_details: {
		extracted_text: ["OSL - KEF", "Gate 12"],
		objects: ["boarding pass"],
		themes: ["travel"],
		emotions: [],
		vibes: ["orderly"],
		key_interest: "The gate and the time of boarding.",
		picture_kind: "boarding_pass",
		facts: [{ kind: "gate", value: "12", unit: null, source_line: "Gate 12" }],
	},
	media_metadata: {
		original_poster: null,
		tagged_accounts: [],
		location_tags: ["Reykjavik"],
		hashtags: [],
		audio_source: null,
	},
};

export type Ending = "complete" | "cut_off" | "refused";

/** A vision provider's wire format of answers and errors. */
export interface Wire {
	answer(text: string, ended?: Ending, tokens?: { input: number; output: number }): HttpReply;
	error(status: number, message: string, headers?: Record<string, string>): HttpReply;
	unknownModel(model: string): HttpReply;
}

/** platform.claude.com/docs/en/api/messages and .../api/errors */
export const anthropicWire: Wire = {
	answer: (text, ended = "complete", tokens = { input: 2_000, output: 400 }) => ({
		status: 200,
		headers: { "request-id": "req_011" },
		body: {
			id: "msg_013Zva2CMHLNnXjNJJKqJ2EF",
			type: "message",
			role: "assistant",
			model: "claude-haiku-5-5",
			content: [
				{ type: "thinking", thinking: "Let me look.", signature: "s" },
				...(text ? [{ type: "text", text }] : []),
			],
			stop_reason: { complete: "end_turn", cut_off: "max_tokens", refused: "refusal" }[ended],
			stop_sequence: null,
			usage: {
				input_tokens: tokens.input,
				cache_creation_input_tokens: 0,
				cache_read_input_tokens: 0,
				output_tokens: tokens.output,
			},
		},
	}),
	error: (status, message, headers = {}) => ({
		status,
		headers,
		body: {
			type: "error",
			error: {
				type:
					{
						401: "authentication_error",
						404: "not_found_error",
						429: "rate_limit_error",
						529: "overloaded_error",
					}[status] ?? "api_error",
				message,
			},
			request_id: "req_011",
		},
	}),
	unknownModel: (model) => anthropicWire.error(404, `model: ${model}`),
};

/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html and .../CommonErrors.html */
export const bedrockWire: Wire = {
	answer: (text, ended = "complete", { input, output } = { input: 2_000, output: 400 }) => ({
		status: 200,
		headers: { "x-amzn-requestid": "8a1b2c3d-0000-4000-8000-000000000001" },
		body: {
			metrics: { latencyMs: 700 },
			output: { message: { role: "assistant", content: text ? [{ text }] : [] } },
			stopReason: { complete: "end_turn", cut_off: "max_tokens", refused: "content_filtered" }[ended],
			usage: { inputTokens: input, outputTokens: output, totalTokens: input + output },
		},
	}),
	error: (status, message, headers = {}) => ({
		status,
		headers: {
			"x-amzn-errortype":
				{
					400: "ValidationException",
					403: "AccessDeniedException",
					404: "ResourceNotFoundException",
					429: "ThrottlingException",
					503: "ServiceUnavailableException",
				}[status] ?? "InternalServerException",
			...headers,
		},
		body: { message },
	}),
	unknownModel: () => bedrockWire.error(400, "The provided model identifier is invalid."),
};

/** docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html */
export const titanWire = {
	answer: (embedding: unknown, inputTextTokenCount = 12): HttpReply => ({
		status: 200,
		headers: { "x-amzn-requestid": "8a1b2c3d-0000-4000-8000-000000000002" },
		body: { embedding, inputTextTokenCount, embeddingsByType: { float: embedding } },
	}),
	error: bedrockWire.error,
	vector: (seed: number, length?: number) => voyageWire.vector(seed, length),
};

/** A chat completion with one choice. Without `tool_calls` it ends by itself, or as `ending` says. */
export function openaiCompletion(
	{ content, ...more }: { content: string | null; tool_calls?: object[] },
	ending: Ending,
	{ input, output } = { input: 2_000, output: 400 },
) {
	const isRefused = ending === "refused";
	const finished = more.tool_calls ? "tool_calls" : "stop";
	return {
		id: "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
		object: "chat.completion",
		created: 1_790_000_000,
		model: "gpt-5.4-mini-2026-03-17",
		choices: [
			{
				index: 0,
				message: {
					role: "assistant",
					content: isRefused ? null : content,
					refusal: isRefused ? "I can't help with that." : null,
					annotations: [],
					...more,
				},
				logprobs: null,
				finish_reason: ending === "cut_off" ? "length" : finished,
			},
		],
		usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
	};
}

/** platform.openai.com/docs/api-reference/chat and .../guides/error-codes */
export const openaiWire: Wire = {
	answer: (content, ended = "complete", tokens) => ({
		status: 200,
		headers: { "x-request-id": "req_011" },
		body: openaiCompletion({ content }, ended, tokens),
	}),
	error: (status, message, headers = {}) => ({
		status,
		headers,
		body: {
			error: {
				message,
				type: status === 429 ? "requests" : "server_error",
				param: null,
				code: { 401: "invalid_api_key", 429: "rate_limit_exceeded" }[status],
			},
		},
	}),
	unknownModel: (model) => ({
		status: 404,
		body: {
			error: {
				message: `The model \`${model}\` does not exist or you do not have access to it.`,
				type: "invalid_request_error",
				param: null,
				code: "model_not_found",
			},
		},
	}),
};

/** docs.voyageai.com/reference/embeddings-api */
export const voyageWire = {
	answer: (vectors: unknown[], totalTokens = 12): HttpReply => ({
		status: 200,
		body: {
			object: "list",
			// Out of order: the index is what counts.
			data: vectors.map((embedding, index) => ({ object: "embedding", embedding, index })).reverse(),
			model: "voyage-3.5-lite",
			usage: { total_tokens: totalTokens },
		},
	}),
	error: (status: number, detail: string, headers: Record<string, string> = {}): HttpReply => ({
		status,
		headers,
		body: { detail },
	}),
	/** Returns a vector that is not of unit length, like a model's truncated vectors. */
	vector: (seed: number, length: number = embeddingDimensions) =>
		Array.from({ length }, (_, at) => Math.sin(seed + at) * 3),
};
