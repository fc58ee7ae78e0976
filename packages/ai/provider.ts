import { channel } from "node:diagnostics_channel";
import { type ErrorCode, ModelFailure } from "#core/errors.ts";
import {
	type ProviderRequest,
	providerRequests,
} from "#core/pipeline/provider-request.ts";
import { inSpan, type Tokens } from "./provider-span.ts";
import {
	type Capability,
	type KeyedProvider,
	modelSetting,
	type ProviderName,
	providers,
} from "./providers.ts";

/** An API key that is read when it is needed. */
export interface ApiKey {
	/** Where it is set: what an error tells whoever runs the environment. */
	readonly setting: string;
	/** Null where it is not set. `fresh` asks anew even where a kept value is young enough. */
	read(options?: { fresh?: boolean }): Promise<string | null>;
}

/** How an environment uses a provider. */
export interface ProviderSettings {
	key: ApiKey;
	/** The model that is asked where a request names none. */
	model: string;
	/** The provider's address. Only tests and environment `local` set another. @default the provider's own */
	baseUrl?: string | undefined;
}

/** A provider that the function's role lets in has no key. */
export type SettingsOf<P extends ProviderName> = P extends KeyedProvider
	? ProviderSettings
	: Omit<ProviderSettings, "key">;

/** What a provider is asked for, and how a failure of that is named. */
export interface ProviderUse {
	capability: Capability;
	/** The code of a failure that a later try may mend. */
	unavailable: ErrorCode;
	/** What follows that failure, as its message ends. @default "it is tried again" */
	afterwards?: string;
	/**
	 * Whether a failure repeats the provider's own words. They may name the account, so they are for whoever runs the
	 * environment and not for whoever asked. @default false
	 */
	isQuoted?: boolean;
	/** A request is given up after this long, even where the deadline is later. */
	maxRequestMs: number;
}

/** One provider, and how its failures are told apart. */
export interface Provider extends ProviderUse {
	name: ProviderName;
	key: ApiKey;
	isUnknownModel(status: number, message: string): boolean;
}

/** Requests of one call: the first, and two more where the provider is overloaded or does not answer. */
const maxRequests = 3;
/** A longer wait is the queue's: a sleeping function is paid for. */
const maxWaitMs = 20_000;
/** Parameter Store answers in a fraction of a second. */
const maxKeyReadMs = 5_000;
/** No provider answers sooner, so that a request begun later only costs. */
const minRequestMs = 1_000;
const firstBackoffMs = 500;
/** Whoever runs the adapters may listen; nobody has to. */
const told = channel(providerRequests);
const usualAfterwards = "it is tried again";

/**
 * Calls a provider, over again where that helps and time allows, and ends before the deadline in any case.
 * The SDKs' own retries know no deadline and are switched off.
 *
 * @throws ModelFailure `provider_not_configured`, `model_not_found`, or the provider's `unavailable`
 */
export function callProvider<T>(
	provider: Provider,
	model: string,
	deadline: Date,
	request: (key: string, signal: AbortSignal) => Promise<T>,
	/** What an answer was billed, for the call's span. @default nothing */
	tokensOf: (answer: T) => Tokens = () => ({}),
): Promise<T> {
	return inSpan(
		providers[provider.name].label,
		model,
		() => askUntilAnswered(provider, model, deadline, request),
		tokensOf,
	);
}

async function askUntilAnswered<T>(
	provider: Provider,
	model: string,
	deadline: Date,
	request: (key: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const {
		name,
		capability,
		unavailable,
		afterwards = usualAfterwards,
		isQuoted = false,
	} = provider;
	const { label, access } = providers[name];
	const credential = access === "role" ? "role" : "API key";
	let key = await readKey(provider, deadline);
	if (!key) throw notConfigured(provider, `has no ${credential} here`);
	let keyIsFresh = false;
	for (let requests = 1; ; requests++) {
		const left = deadline.getTime() - Date.now();
		if (left < minRequestMs) {
			throw new ModelFailure(
				unavailable,
				`There is no time left to ask ${label}: ${afterwards}.`,
			);
		}
		const asked = Date.now();
		const tell = (ended: ProviderRequest["ended"]) =>
			told.publish({
				provider: label,
				ended,
				durationMs: Date.now() - asked,
			} satisfies ProviderRequest);
		try {
			const answer = await within(
				Math.min(left, provider.maxRequestMs),
				(signal) => request(key as string, signal),
			);
			tell("answered");
			return answer;
		} catch (error) {
			const { status, message, headers } = httpFailure(error);
			// A name that a person made up is no failure of the provider.
			if (!status || !provider.isUnknownModel(status, message)) {
				tell({ status });
			}
			if (status === 401 || status === 403) {
				const fresh = keyIsFresh
					? null
					: await readKey(provider, deadline, { fresh: true });
				keyIsFresh = true;
				if (!fresh || fresh === key) {
					throw notConfigured(provider, `refuses the ${credential}`);
				}
				key = fresh;
				requests -= 1; // the refused one cost nothing
				continue;
			}
			if (status && provider.isUnknownModel(status, message)) {
				throw new ModelFailure(
					"model_not_found",
					`${label} has no model "${model}" for this ${credential}: name another in the request, or change ${modelSetting(capability, name)} in cdk.json.`,
					{ cause: error },
				);
			}
			const waitMs = mayPass(status)
				? (retryAfterMs(headers) ?? firstBackoffMs * 2 ** (requests - 1))
				: null;
			if (
				waitMs === null ||
				requests >= maxRequests ||
				waitMs > maxWaitMs ||
				Date.now() + waitMs + minRequestMs > deadline.getTime()
			) {
				const answered = status ?? "no response";
				throw new ModelFailure(
					unavailable,
					`${label} gave no answer (${isQuoted ? `${answered}: ${message}` : answered}): ${afterwards}.`,
					{
						cause: error,
						retryAfterSeconds: waitMs && Math.ceil(waitMs / 1000),
					},
				);
			}
			await new Promise((resolve) => setTimeout(resolve, waitMs));
		}
	}
}

/** @throws ModelFailure `unavailable`: a key that cannot be read now is no key that is missing */
async function readKey(
	{ name, key, unavailable, afterwards = usualAfterwards }: Provider,
	deadline: Date,
	options?: { fresh?: boolean },
): Promise<string | null> {
	const left = deadline.getTime() - Date.now();
	try {
		return await within(Math.min(left, maxKeyReadMs), () => key.read(options));
	} catch (error) {
		throw new ModelFailure(
			unavailable,
			`The API key of ${providers[name].label}, ${key.setting}, could not be read: ${afterwards}.`,
			{ cause: error },
		);
	}
}

function notConfigured({ name, key }: Provider, fact: string): ModelFailure {
	// Without the cause: a provider's answer to a wrong key quotes part of it.
	return new ModelFailure(
		"provider_not_configured",
		`${providers[name].label} ${fact}: set ${key.setting}.`,
	);
}

/** Aborts the work when its time is over, and does not wait for it to notice. */
async function within<T>(
	milliseconds: number,
	work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const controller = new AbortController();
	const { promise: timeout, reject } = Promise.withResolvers<never>();
	const timer = setTimeout(() => {
		reject(new Error(`no answer after ${milliseconds / 1000} s`));
		controller.abort();
	}, milliseconds);
	const working = work(controller.signal);
	working.catch(() => {}); // nobody listens after the time-out
	try {
		return await Promise.race([working, timeout]);
	} finally {
		clearTimeout(timer);
	}
}

/** What the SDKs' errors have in common. Without a status there was no answer, or not a whole one. */
function httpFailure(error: unknown): {
	status: number | null;
	message: string;
	headers: Headers | null;
} {
	const { status, statusCode, headers, rawResponse, $metadata, $response } =
		error as {
			status?: number;
			statusCode?: number;
			headers?: Headers;
			rawResponse?: { headers?: Headers };
			$metadata?: { httpStatusCode?: number };
			$response?: { headers?: Record<string, string> };
		};
	const answered = status ?? statusCode ?? $metadata?.httpStatusCode ?? 0;
	const cause = error instanceof Error ? error.cause : null;
	return {
		status: answered >= 400 ? answered : null,
		message: [error, cause]
			.flatMap((one) => (one instanceof Error ? [one.message] : []))
			.join(": ")
			.replaceAll(/\s+/g, " ")
			.slice(0, 500),
		headers:
			headers ??
			rawResponse?.headers ??
			($response?.headers ? new Headers($response.headers) : null),
	};
}

function mayPass(status: number | null): boolean {
	return status === null || [408, 409, 429].includes(status) || status >= 500;
}

/** `Retry-After` is seconds or a date. */
function retryAfterMs(headers: Headers | null): number | null {
	const text = headers?.get("retry-after");
	if (!text) return null;
	const seconds = Number(text);
	const wait = Number.isFinite(seconds)
		? seconds * 1000
		: Date.parse(text) - Date.now();
	return wait >= 0 ? wait : null;
}
