import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ModelFailure, usageOf } from "#core/errors.ts";
import type { ModelUsage } from "#core/items/analysis.ts";
import { type ProviderRequest, providerRequests } from "#core/pipeline/provider-request.ts";
import type { ChatAnswer, Ports } from "#core/ports/index.ts";
import { log } from "./log.ts";
import { noteTokenUsage } from "./token-usage.ts";

type ModelPorts = Partial<Pick<Ports, "vision" | "embedder" | "chat">>;

/**
 * Logs each call of these ports with what it was billed, and each request to a provider; never what was said. What a provider
 * billed comes on the bill of the work that called it.
 * A call is observed in two places: here, and by the span that `callProvider` opens (#ai/provider-span.ts).
 * LangSmith (#chat/langsmith.ts) records the steps of a turn instead, and no call.
 */
export function observeModels<P extends ModelPorts>(ports: P): P {
	unsubscribe(providerRequests, logRequest);
	subscribe(providerRequests, logRequest);
	const { vision, embedder, chat } = ports;
	return {
		...ports,
		...(vision && {
			vision: {
				describe: (request) => observeCall(vision.describe(request)),
			} satisfies Ports["vision"],
		}),
		...(embedder && {
			embedder: {
				...embedder,
				embed: (...input) => observeCall(embedder.embed(...input)),
			} satisfies Ports["embedder"],
		}),
		...(chat && {
			chat: {
				answer: (request) => observeChat(chat.answer(request)),
			} satisfies Ports["chat"],
		}),
	};
}

function logRequest(message: unknown): void {
	const { provider, ended, durationMs } = message as ProviderRequest;
	const failure = ended !== "answered" && ended;
	log.info(
		"provider request",
		{
			ended: failure ? (failure.status ?? "no answer") : "answered",
			duration_ms: durationMs,
		},
		{
			Provider: provider,
			metrics: {
				ProviderDuration: durationMs,
				ProviderErrors: failure && failure.status !== 429 ? 1 : undefined,
				ProviderThrottles: failure && failure.status === 429 ? 1 : undefined,
			},
		},
	);
}

/** Logs failed calls, too: an answer that could not be used was billed. */
async function observeCall<T extends { usage: ModelUsage[] }>(call: Promise<T>): Promise<T> {
	try {
		const answer = await call;
		for (const usage of answer.usage) logUsage(usage);
		return answer;
	} catch (error) {
		for (const usage of usageOf(error)) logUsage(usage);
		throw error;
	}
}

/** A stage logs its own failures; a turn continues after a chat model's failure, so that is logged here. */
async function observeChat(call: Promise<ChatAnswer>): Promise<ChatAnswer> {
	const started = performance.now();
	const duration = () => Math.round(performance.now() - started);
	try {
		const answer = await call;
		logUsage(
			{ purpose: "chat", ...answer.usage },
			{
				trace_id: answer.traceId,
				ended: answer.stopReason,
				duration_ms: duration(),
			},
		);
		return answer;
	} catch (error) {
		if (error instanceof ModelFailure) {
			log.warn("model failed", { error, duration_ms: duration() });
		}
		throw error;
	}
}

function logUsage(
	usage: Omit<ModelUsage, "purpose"> & { purpose: string },
	fields: Record<string, unknown> = {},
): void {
	const { model, provider, purpose, inputTokens, outputTokens, costUsd } = usage;
	if (provider !== "offline") noteTokenUsage(usage);
	log.info(
		"model called",
		{
			provider,
			model,
			purpose,
			...fields,
			input_tokens: inputTokens,
			output_tokens: outputTokens,
			cost_usd: costUsd,
		},
		{
			// The model answered: a name that a person made up never comes here.
			Model: model,
			metrics:
				provider === "offline"
					? {}
					: {
							InputTokens: inputTokens,
							OutputTokens: outputTokens,
							Dollars: costUsd ?? undefined,
						},
		},
	);
}
