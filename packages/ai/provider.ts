import { channel } from "node:diagnostics_channel";
import { setTimeout as sleep } from "node:timers/promises";
import pRetry from "p-retry";
import { beforeDeadline } from "#core/before-deadline.ts";
import { type ErrorCode, ModelFailure } from "#core/errors.ts";
import { type ProviderRequest, providerRequests } from "#core/pipeline/provider-request.ts";
import type { CircuitBreaker, Pass, RequestEnd } from "./circuit-breaker.ts";
import { inSpan, type Tokens } from "./provider-span.ts";
import { type Capability, type KeyedProvider, modelSetting, type ProviderName, providers } from "./providers.ts";

/** An API key that is read when it is needed. */
export interface ApiKey {
	/** The place where the operator sets it, for error messages. */
	readonly setting: string;
	/** Null where it is not set. `fresh` bypasses the cache. */
	read(options?: { fresh?: boolean }): Promise<string | null>;
}

/** An environment's settings of a provider. */
export interface ProviderSettings {
	key: ApiKey;
	/** Serves requests that name no model. */
	model: string;
	/** Only tests and environment `local` set it. @default the provider's own address */
	baseUrl?: string | undefined;
	/** Keeps calls from a model that fails. @default every call is made */
	breaker?: CircuitBreaker | undefined;
	/** The environment's server that speaks OpenAI's protocol, in the provider's place. @default none */
	server?: CompatibleServer | undefined;
}

/** A server such as Ollama, LM Studio or vLLM. */
export interface CompatibleServer {
	url: string;
	/** A request is given up after this long. */
	timeoutMs: number;
}

/** A provider that the function's role lets in has no key. */
export type SettingsOf<P extends ProviderName> = P extends KeyedProvider
	? ProviderSettings
	: Omit<ProviderSettings, "key" | "server">;

/** One use of a provider, and how its failures are worded. */
export interface ProviderUse {
	capability: Capability;
	/** The code of a failure that a later attempt may not have. */
	unavailable: ErrorCode;
	/** The end of that failure's message, which says what follows. @default "it is tried again" */
	afterwards?: string;
	/**
	 * Repeats the provider's own words in a failure. They may name the account, so they are for the operator and not
	 * for the caller. @default false
	 */
	isQuoted?: boolean;
	/** A request is given up after this long, even where the deadline is later. */
	maxRequestMs: number;
}

/** One use of one provider. */
export interface Provider extends ProviderUse {
	name: ProviderName;
	key: ApiKey;
	breaker: CircuitBreaker | undefined;
	isUnknownModel(status: number, message: string, model: string): boolean;
	/** The setting in cdk.json that names its model. @default that of the provider */
	modelSetting?: string;
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
/** Listening is optional. */
const requests = channel(providerRequests);
const defaultAfterwards = "it is tried again";

/**
 * Calls a provider, again where that helps and time allows, and ends before the deadline in any case.
 * The SDKs' own retries know no deadline and are switched off.
 *
 * @throws ModelFailure `provider_not_configured`, `model_gone`, or the provider's `unavailable`
 */
export function callProvider<T>(
	provider: Provider,
	model: string,
	deadline: Date,
	request: (key: string, signal: AbortSignal) => Promise<T>,
	/** Reads from an answer what it was billed, for the call's span. @default nothing */
	tokensOf: (answer: T) => Tokens = () => ({}),
	/** Ends the call: it rejects with the signal's reason. @default never */
	canceled?: AbortSignal,
): Promise<T> {
	return inSpan(
		providers[provider.name].label,
		model,
		() => callWithRetries(provider, model, deadline, request, canceled),
		tokensOf,
	);
}

async function callWithRetries<T>(
	provider: Provider,
	model: string,
	deadline: Date,
	request: (key: string, signal: AbortSignal) => Promise<T>,
	canceled: AbortSignal | undefined,
): Promise<T> {
	const pass = await enter(provider, model);
	try {
		return await callWithPass(provider, model, pass, { deadline, canceled }, request);
	} finally {
		await pass.end();
	}
}

/** Stands for a pass where there is no breaker. */
const freePass: Pass = { record: async () => {}, openMs: null, end: async () => {} };

/** @throws ModelFailure where the model has failed too often lately */
async function enter(provider: Provider, model: string) {
	const { name, breaker, maxRequestMs, unavailable, afterwards = defaultAfterwards } = provider;
	const pass = (await breaker?.enter(`${name}/${model}`, maxRequestMs)) ?? freePass;
	if (typeof pass !== "number") return pass;
	const seconds = Math.ceil(pass / 1_000);
	throw new ModelFailure(
		unavailable,
		`${providers[name].label} failed too often lately and is asked again in ${seconds} s: ${afterwards}.`,
		{ retryAfterSeconds: seconds, outage: { wasAsked: false, seconds } },
	);
}

/** When a call ends in any case. */
interface End {
	deadline: Date;
	canceled: AbortSignal | undefined;
}

async function callWithPass<T>(
	provider: Provider,
	model: string,
	pass: Pass,
	{ deadline, canceled }: End,
	request: (key: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const { name, capability } = provider;
	const { label, access } = providers[name];
	const credential = access === "role" ? "role" : "API key";
	let key = await readKey(provider, deadline);
	if (!key) throw notConfigured(provider, `has no ${credential} here`);
	let keyIsFresh = false;

	const send = async (attempt: number): Promise<T> => {
		try {
			return await sendRequest(provider, model, pass, { deadline, canceled }, attempt, (signal) =>
				request(key as string, signal),
			);
		} catch (error) {
			if (!(error instanceof RequestFailure)) throw error;
			const { status, message } = error;
			if (status && provider.isUnknownModel(status, message, model)) {
				throw new ModelFailure(
					"model_gone",
					`${label} has no model "${model}" for this ${credential}: change ${provider.modelSetting ?? modelSetting(capability, name)} in cdk.json.`,
					{ cause: error.cause },
				);
			}
			if (status === 401 || status === 403) {
				const fresh = keyIsFresh ? null : await readKey(provider, deadline, { fresh: true });
				keyIsFresh = true;
				if (!fresh || fresh === key) {
					throw notConfigured(provider, `refuses the ${credential}`);
				}
				key = fresh;
				return send(attempt); // the refused request cost nothing
			}
			throw error;
		}
	};
	try {
		return await pRetry(send, {
			retries: maxRequests - 1,
			// Its own delay follows from the attempt's number alone; the provider may name another in Retry-After.
			minTimeout: 0,
			shouldRetry: async ({ error }) => {
				if (!(error instanceof RequestFailure)) return false;
				const { waitMs } = error;
				if (waitMs === null || waitMs > maxWaitMs || pass.openMs !== null) return false;
				if (Date.now() + waitMs + minRequestMs > deadline.getTime()) {
					return false;
				}
				await sleep(waitMs, undefined, { signal: canceled }).catch(() => canceled?.throwIfAborted());
				return true;
			},
		});
	} catch (error) {
		throw error instanceof RequestFailure ? noAnswer(provider, error, pass) : error;
	}
}

/** A request that failed. */
class RequestFailure extends Error {
	/** HTTP's; null if no answer came, or not a whole one. */
	readonly status: number | null;
	/** The wait before the next request; null if that would fail, too. */
	readonly waitMs: number | null;

	/** The request itself is at fault, and not the provider, its load, or what the account may call. */
	get isRequestWrong(): boolean {
		if (this.status === null || isTransient(this.status)) return false;
		// Anthropic answers 400 where the account has nothing left to pay with.
		return this.status !== 402 && !/credit balance/i.test(this.message);
	}

	constructor(cause: unknown, attempt: number) {
		const { status, message, headers } = httpFailure(cause);
		super(message, { cause });
		this.status = status;
		this.waitMs = isTransient(status) ? (retryAfterMs(headers) ?? firstBackoffMs * 2 ** (attempt - 1)) : null;
	}
}

/** @throws RequestFailure; ModelFailure where no time is left */
async function sendRequest<T>(
	provider: Provider,
	model: string,
	pass: Pass,
	{ deadline, canceled }: End,
	attempt: number,
	request: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const { unavailable, afterwards = defaultAfterwards } = provider;
	const { label } = providers[provider.name];
	canceled?.throwIfAborted();
	const leftMs = deadline.getTime() - Date.now();
	if (leftMs < minRequestMs) {
		throw new ModelFailure(unavailable, `There is no time left to ask ${label}: ${afterwards}.`);
	}
	const started = Date.now();
	const publish = (ended: ProviderRequest["ended"]) =>
		requests.publish({
			provider: label,
			ended,
			durationMs: Date.now() - started,
		} satisfies ProviderRequest);
	const maxMs = Math.min(leftMs, provider.maxRequestMs);
	let answer: T;
	try {
		answer = await within(maxMs, request, canceled);
	} catch (error) {
		// It is no failure of the provider.
		canceled?.throwIfAborted();
		const failure = new RequestFailure(error, attempt);
		const { status, message } = failure;
		// A name that a person made up is no failure of the provider.
		if (!status || !provider.isUnknownModel(status, message, model)) {
			publish({ status });
		}
		await pass.record(endOf(failure, provider, model, maxMs), Date.now() - started);
		throw failure;
	}
	publish("answered");
	await pass.record("answered", Date.now() - started);
	return answer;
}

/** Tells a failure of the provider from one of the request, of which another person's may be right. */
function endOf(
	{ status, message, waitMs, cause }: RequestFailure,
	provider: Provider,
	model: string,
	maxMs: number,
): RequestEnd {
	if (waitMs === null || (status && provider.isUnknownModel(status, message, model))) return "inconclusive";
	return cause instanceof TimedOut && maxMs < (provider.breaker?.minTimeoutMs ?? 0) ? "inconclusive" : "failed";
}

/** The caller gave a request up. */
class TimedOut extends Error {
	override name = "TimedOut";
	constructor(milliseconds: number) {
		super(`no answer after ${milliseconds / 1000} s`);
	}
}

function noAnswer(
	{ name, unavailable, afterwards = defaultAfterwards, isQuoted = false }: Provider,
	{ status, message, waitMs, cause, isRequestWrong }: RequestFailure,
	{ openMs }: Pass,
): ModelFailure {
	const answered = status ?? "no response";
	return new ModelFailure(
		unavailable,
		`${providers[name].label} gave no answer (${isQuoted ? `${answered}: ${message}` : answered}): ${afterwards}.`,
		{
			cause,
			retryAfterSeconds: waitMs && Math.ceil(waitMs / 1000),
			isRequestWrong,
			outage: openMs === null ? null : { wasAsked: true, seconds: Math.ceil(openMs / 1000) },
		},
	);
}

/** @throws ModelFailure `unavailable`: a key that cannot be read now is not a missing key */
async function readKey(
	{ name, key, unavailable, afterwards = defaultAfterwards }: Provider,
	deadline: Date,
	options?: { fresh?: boolean },
): Promise<string | null> {
	const leftMs = deadline.getTime() - Date.now();
	try {
		return await within(Math.min(leftMs, maxKeyReadMs), () => key.read(options));
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
	return new ModelFailure("provider_not_configured", `${providers[name].label} ${fact}: set ${key.setting}.`);
}

/** Aborts the work when its time is over, and does not wait for it to notice. */
async function within<T>(
	milliseconds: number,
	work: (signal: AbortSignal) => Promise<T>,
	canceled?: AbortSignal,
): Promise<T> {
	const controller = new AbortController();
	const signal = canceled ? AbortSignal.any([controller.signal, canceled]) : controller.signal;
	const done = await beforeDeadline(
		new Date(Date.now() + milliseconds),
		work(signal).then((value) => ({ value })),
	);
	if (done) return done.value;
	controller.abort();
	throw new TimedOut(milliseconds);
}

/** Reads what the SDKs' errors have in common. Without a status there was no answer, or not a whole one. */
function httpFailure(error: unknown): {
	status: number | null;
	message: string;
	headers: Headers | null;
} {
	const { status, statusCode, headers, rawResponse, $metadata, $response } = error as {
		status?: number;
		statusCode?: number;
		headers?: Headers;
		rawResponse?: { headers?: Headers };
		$metadata?: { httpStatusCode?: number };
		$response?: { headers?: Record<string, string> };
	};
	const code = status ?? statusCode ?? $metadata?.httpStatusCode ?? 0;
	const cause = error instanceof Error ? error.cause : null;
	return {
		status: code >= 400 ? code : null,
		message: [error, cause]
			.flatMap((part) => (part instanceof Error ? [part.message] : []))
			.join(": ")
			.replaceAll(/\s+/g, " ")
			.slice(0, 500),
		headers: headers ?? rawResponse?.headers ?? ($response?.headers ? new Headers($response.headers) : null),
	};
}

function isTransient(status: number | null): boolean {
	return status === null || [408, 409, 429].includes(status) || status >= 500;
}

/** `Retry-After` is seconds or a date. */
function retryAfterMs(headers: Headers | null): number | null {
	const text = headers?.get("retry-after");
	if (!text) return null;
	const seconds = Number(text);
	const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
	return wait >= 0 ? wait : null;
}
