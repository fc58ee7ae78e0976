import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { usageOf } from "#core/errors.ts";
import type { ModelUsage } from "#core/items/analysis.ts";
import {
	type ProviderRequest,
	providerRequests,
} from "#core/pipeline/provider-request.ts";
import type { Ports } from "#core/ports/index.ts";
import { log } from "./log.ts";

/** The ports that ask models. */
type Models = Partial<Pick<Ports, "vision" | "embedder">>;

/** Writes down each request to a provider, and what each answered call of these ports was billed. */
export function measureModels<P extends Models>(ports: P): P {
	unsubscribe(providerRequests, onRequest);
	subscribe(providerRequests, onRequest);
	const { vision, embedder } = ports;
	return {
		...ports,
		...(vision && {
			vision: {
				describe: (request) => billed(vision.describe(request)),
			} satisfies Ports["vision"],
		}),
		...(embedder && {
			embedder: {
				...embedder,
				embed: (...asked) => billed(embedder.embed(...asked)),
			} satisfies Ports["embedder"],
		}),
	};
}

function onRequest(message: unknown): void {
	const { provider, ended, durationMs } = message as ProviderRequest;
	const refused = ended !== "answered" && ended;
	log.info(
		"provider request",
		{
			ended: refused ? (refused.status ?? "no answer") : "answered",
			duration_ms: durationMs,
		},
		{
			Provider: provider,
			metrics: {
				ProviderDuration: durationMs,
				ProviderErrors: refused && refused.status !== 429 ? 1 : undefined,
				ProviderThrottles: refused && refused.status === 429 ? 1 : undefined,
			},
		},
	);
}

/** Also of calls that failed: an answer that could not be used was billed. */
async function billed<T extends { usage: ModelUsage[] }>(
	call: Promise<T>,
): Promise<T> {
	try {
		const answer = await call;
		writeUsage(answer.usage);
		return answer;
	} catch (error) {
		writeUsage(usageOf(error));
		throw error;
	}
}

function writeUsage(usage: ModelUsage[]): void {
	for (const { model, provider, purpose, ...billed } of usage) {
		log.info(
			"model call",
			{ provider, purpose, cost_known: billed.costUsd !== null },
			{
				// It answered: a name that a person made up never comes here.
				Model: model,
				metrics: {
					InputTokens: billed.inputTokens,
					OutputTokens: billed.outputTokens,
					Dollars: billed.costUsd ?? undefined,
				},
			},
		);
	}
}
