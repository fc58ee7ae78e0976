import type { ChatRequest } from "#core/ports/index.ts";
import { callProvider, type Provider, type ProviderSettings, type ProviderUse } from "./provider.ts";
import type { Tokens } from "./provider-span.ts";
import { providers } from "./providers.ts";

/** Options that the SDKs of Anthropic and OpenAI share. `callProvider` retries and logs. */
interface ClientOptions {
	apiKey: string;
	baseURL: string;
	maxRetries: 0;
	timeout: number;
	logLevel: "off";
}

/** A provider SDK's way to send a request, and the location of an answer's tokens. */
interface Sdk<Request, Answer> {
	/** @param onText gets the text so far; a provider may ignore it */
	send(options: ClientOptions, request: Request, signal: AbortSignal, onText: ChatRequest["onText"]): Promise<Answer>;
	tokensOf(answer: Answer): Tokens;
}

/** Returns a function that calls a provider through its SDK, within the deadline. */
export function sdkCall<Request extends { model: string }, Answer>(
	name: "anthropic" | "openai",
	{ key, baseUrl = providers[name].baseUrl, server }: ProviderSettings,
	use: ProviderUse,
	{ send, tokensOf }: Sdk<Request, Answer>,
): (request: Request, deadline: Date, waiting?: Pick<ChatRequest, "signal" | "onText">) => Promise<Answer> {
	const maxRequestMs = server?.timeoutMs ?? use.maxRequestMs;
	const provider: Provider = {
		...use,
		name,
		key,
		maxRequestMs,
		isUnknownModel: (status) => status === 404,
		...(server && { modelSetting: `openaiServer.models.${use.capability}` }),
	};
	const options = { baseURL: server?.url ?? baseUrl, maxRetries: 0, timeout: maxRequestMs, logLevel: "off" } as const;
	return (request, deadline, { signal: canceled, onText } = {}) =>
		callProvider(
			provider,
			request.model,
			deadline,
			(apiKey, signal) => send({ ...options, apiKey }, request, signal, onText),
			tokensOf,
			canceled,
		);
}

/** Returns a controller, as the SDKs' streams want one, that aborts with the signal. */
export function abortedBy(signal: AbortSignal): AbortController {
	const controller = new AbortController();
	signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
	return controller;
}
