import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { ModelFailure } from "#core/errors.ts";

/** The billed tokens of a call; a count that the provider did not report is left out. */
export interface Tokens {
	input?: number | undefined;
	output?: number | undefined;
}

/**
 * Opens an OpenTelemetry span around one call of a model, with its retries. It names provider, model and tokens and
 * never what was said: of a failure only its code, since a provider's message may quote the request. Where no SDK is
 * registered the API's spans record nothing.
 */
export function inSpan<T>(
	provider: string,
	model: string,
	call: () => Promise<T>,
	tokensOf: (answer: T) => Tokens,
): Promise<T> {
	const attributes = {
		"gen_ai.provider.name": provider,
		"gen_ai.request.model": model,
	};
	// Read at each call: an SDK may be registered after this module was loaded.
	return trace
		.getTracer("collections")
		.startActiveSpan(`${provider} ${model}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
			try {
				const answer = await call();
				const { input, output } = tokensOf(answer);
				if (input !== undefined) {
					span.setAttribute("gen_ai.usage.input_tokens", input);
				}
				if (output !== undefined) {
					span.setAttribute("gen_ai.usage.output_tokens", output);
				}
				return answer;
			} catch (error) {
				span.setStatus({ code: SpanStatusCode.ERROR });
				span.setAttribute("error.type", error instanceof ModelFailure ? error.code : "other");
				throw error;
			} finally {
				span.end();
			}
		});
}
