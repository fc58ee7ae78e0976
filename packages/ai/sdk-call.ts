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
	{ key, baseUrl = providers[name].baseUrl, server, breaker }: ProviderSettings,
	use: ProviderUse,
	{ send, tokensOf }: Sdk<Request, Answer>,
): (request: Request, deadline: Date, waiting?: Pick<ChatRequest, "signal" | "onText">) => Promise<Answer> {
	const maxRequestMs = server?.timeoutMs ?? use.maxRequestMs;
	const provider: Provider = {
		...use,
		name,
		key,
		breaker,
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

/**
 * Reads what an SDK answers to a streamed request. A server that has no streams answers with the whole reply, which the SDK
 * takes for an empty stream.
 * @param read makes the reply of its events
 */
export async function streamedOrWhole<Event, Reply>(
	{ data, response }: { data: AsyncIterable<Event>; response: Response },
	read: (events: AsyncIterable<Event>) => Promise<Reply>,
): Promise<Reply> {
	const isStream = response.headers.get("content-type")?.includes("text/event-stream");
	return isStream ? read(data) : ((await response.json()) as Reply);
}
