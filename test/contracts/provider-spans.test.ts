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
import { connect } from "#ai/anthropic/chat.ts";
import { type ProviderServer, serveProvider } from "#tools/provider-stubs/server.ts";

/** A span like an SDK's export. */
interface RecordedSpan {
	scope: string;
	name: string;
	attributes: Attributes;
	status: SpanStatusCode;
	ended: boolean;
	/** The arguments of every method. */
	calls: unknown[];
}

let server: ProviderServer;
let spans: RecordedSpan[];
beforeAll(async () => {
	server = await serveProvider();
});
afterAll(() => server.close());
afterEach(() => trace.disable());

const question = "What did Ada's doctor write?";
const ask = () =>
	connect({
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

test("a call is a span with its provider, model and tokens, and without the messages", async () => {
	recordSpans();
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

test("a failed call's span has the failure's code and nothing that the provider wrote", async () => {
	recordSpans();
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

test("a call works without a registered SDK", async () => {
	server.answers(answer);
	expect((await ask()).message.text).toBe("Rest.");
});

/** Returns the spans that no provider's SDK made. */
const ownSpans = () => spans.filter(({ scope }) => scope === "collections");

/** Registers a tracer provider that records spans in memory. */
function recordSpans() {
	spans = [];
	const start = (scope: string, name: string, { attributes = {} }: SpanOptions = {}): Span => {
		const recorded: RecordedSpan = {
			scope,
			name,
			attributes: { ...attributes },
			status: SpanStatusCode.UNSET,
			ended: false,
			calls: [],
		};
		spans.push(recorded);
		const span: Span = {
			spanContext: () => INVALID_SPAN_CONTEXT,
			isRecording: () => !recorded.ended,
			setAttribute(key, value) {
				recorded.attributes[key] = value;
				return span;
			},
			setAttributes(more) {
				Object.assign(recorded.attributes, more);
				return span;
			},
			setStatus(status) {
				recorded.status = status.code;
				recorded.calls.push(status);
				return span;
			},
			updateName(to) {
				recorded.name = to;
				return span;
			},
			addEvent(...args) {
				recorded.calls.push(args);
				return span;
			},
			addLink(...args) {
				recorded.calls.push(args);
				return span;
			},
			addLinks(...args) {
				recorded.calls.push(args);
				return span;
			},
			recordException(error) {
				recorded.calls.push(String(error));
			},
			end() {
				recorded.ended = true;
			},
		};
		return span;
	};
	const tracerOf = (scope: string) =>
		({
			startSpan: (name, options) => start(scope, name, options),
			startActiveSpan: (name: string, ...args: unknown[]) =>
				(args.at(-1) as (span: Span) => unknown)(start(scope, name, args.length > 1 ? (args[0] as SpanOptions) : {})),
		}) as Tracer;
	trace.setGlobalTracerProvider({ getTracer: tracerOf });
}
