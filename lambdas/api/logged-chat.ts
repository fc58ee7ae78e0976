import { ModelFailure } from "#core/errors.ts";
import type { Chat } from "#core/ports/index.ts";
import { log } from "#lambda-kit/log.ts";

/** Says in the log what each call of a chat model cost, or why it failed; never what was said. */
export function loggedChat(chat: Chat): Chat {
	return {
		async answer(request) {
			const started = performance.now();
			const duration = () => Math.round(performance.now() - started);
			try {
				const answer = await chat.answer(request);
				const { inputTokens, outputTokens, costUsd } = answer.usage;
				log.info(
					"model called",
					{
						provider: answer.provider,
						model: answer.model,
						trace_id: answer.traceId,
						ended: answer.stopReason,
						input_tokens: inputTokens,
						output_tokens: outputTokens,
						cost_usd: costUsd,
						duration_ms: duration(),
					},
					{
						Model: answer.model,
						metrics:
							answer.provider === "offline"
								? {}
								: {
										InputTokens: inputTokens,
										OutputTokens: outputTokens,
										Dollars: costUsd ?? undefined,
									},
					},
				);
				return answer;
			} catch (error) {
				if (error instanceof ModelFailure) {
					log.warn("model failed", { error, duration_ms: duration() });
				}
				throw error;
			}
		},
	};
}
