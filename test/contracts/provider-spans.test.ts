import {
	type Attributes,
	INVALID_SPAN_CONTEXT,
	type Span,
	type SpanOptions,
	SpanStatusCode,
	type Tracer,
	trace,
} from "@opentelemetry/api";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { anthropicChat } from "#ai/anthropic/chat.ts";
import { type ProviderServer, serveProvider } from "./providers/server.ts";

/** A span as an SDK would export it. */
interface Kept {
	scope: string;
	name: string;
	attributes: Attributes;
	status: SpanStatusCode;
	ended: boolean;
	/** Everything any method was given. */
	told: unknown[];
}

let server: ProviderServer;
let spans: Kept[];
beforeAll(async () => {
	server = await serveProvider();
});
afterAll(() => server.close());
afterEach(() => trace.disable());

const question = "What did Ada's doctor write?";
const ask = () =>
	anthropicChat({
		key: { setting: "the key", read: async () => "sk-secret" },
		model: "claude-test",
		baseUrl: server.url,
	}).answer({
		messages: [{ role: "user", text: question }],
		deadline: new Date(Date.now() + 5_000),
	});
const answer = {
	status: 200,
	body: {
		id: "msg_1",
		type: "message",
		role: "assistant",
		model: "claude-test",
		content: [{ type: "text", text: "Rest." }],
		stop_reason: "end_turn",
		usage: { input_tokens: 11, output_tokens: 3 },
	},
};

test("a call is a span with its provider, model and tokens, and without what was said", async () => {
	keepSpans();
	server.answers(answer);
	await ask();
	expect(ownSpans()).toMatchObject([
		{
			name: "Anthropic claude-test",
			attributes: {
				"gen_ai.provider.name": "Anthropic",
				"gen_ai.request.model": "claude-test",
				"gen_ai.usage.input_tokens": 11,
				"gen_ai.usage.output_tokens": 3,
			},
			status: SpanStatusCode.UNSET,
			ended: true,
		},
	]);
	expect(JSON.stringify(spans)).not.toMatch(/doctor|Rest|sk-secret/);
});

test("a failed call's span tells the failure's code and nothing the provider wrote", async () => {
	keepSpans();
	server.answers({
		status: 400,
		body: { error: { message: `refused: ${question}` } },
	});
	await expect(ask()).rejects.toThrow();
	expect(ownSpans()).toMatchObject([
		{
			attributes: { "error.type": "chat_unavailable" },
			status: SpanStatusCode.ERROR,
			ended: true,
		},
	]);
	expect(JSON.stringify(spans)).not.toContain("doctor");
});

test("without a registered SDK a call is answered all the same", async () => {
	server.answers(answer);
	expect((await ask()).message.text).toBe("Rest.");
});

/** Without those that a provider's SDK makes. */
const ownSpans = () => spans.filter(({ scope }) => scope === "collections");

/** Registers a tracer provider that keeps spans in memory. */
function keepSpans() {
	spans = [];
	const start = (scope: string, name: string, { attributes = {} }: SpanOptions = {}): Span => {
		const kept: Kept = {
			scope,
			name,
			attributes: { ...attributes },
			status: SpanStatusCode.UNSET,
			ended: false,
			told: [],
		};
		spans.push(kept);
		const span: Span = {
			spanContext: () => INVALID_SPAN_CONTEXT,
			isRecording: () => !kept.ended,
			setAttribute(key, value) {
				kept.attributes[key] = value;
				return span;
			},
			setAttributes(more) {
				Object.assign(kept.attributes, more);
				return span;
			},
			setStatus(status) {
				kept.status = status.code;
				kept.told.push(status);
				return span;
			},
			updateName(to) {
				kept.name = to;
				return span;
			},
			addEvent(...given) {
				kept.told.push(given);
				return span;
			},
			addLink(...given) {
				kept.told.push(given);
				return span;
			},
			addLinks(...given) {
				kept.told.push(given);
				return span;
			},
			recordException(error) {
				kept.told.push(String(error));
			},
			end() {
				kept.ended = true;
			},
		};
		return span;
	};
	const tracerOf = (scope: string) =>
		({
			startSpan: (name, options) => start(scope, name, options),
			startActiveSpan: (name: string, ...given: unknown[]) =>
				(given.at(-1) as (span: Span) => unknown)(
					start(scope, name, given.length > 1 ? (given[0] as SpanOptions) : {}),
				),
		}) as Tracer;
	trace.setGlobalTracerProvider({ getTracer: tracerOf });
}
