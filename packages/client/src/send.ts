import type { Session } from "./session.ts";

export interface SendOptions {
	/** Ends one attempt. The API answers, or gives up, within 30 s. @default 35,000 */
	timeoutMs?: number;
	/** Bounds the waits of one request that the API asks to send again later. 0: it fails at once. @default 60 */
	maxWaitSeconds?: number;
	/** Sends a request again that was refused with 503, where that is safe. @default true */
	retryUnavailable?: boolean;
	/** Ends every request. */
	signal?: AbortSignal | undefined;
	/** @default the runtime's `fetch` */
	fetch?: typeof fetch;
}

/** Reports that an attempt took longer than `timeoutMs`. */
export class TimedOut extends Error {
	override name = "TimedOut";
}

const defaultTimeoutMs = 35_000;
const maxPauseMs = 20_000;

/**
 * Returns a function that sends requests with a session's token. A request is sent again with a new token once where its
 * own was refused, and after `Retry-After` where the API, or the gateway, has too much to do (429, 503).
 */
export function sender(session: Session, options: SendOptions): (request: Request) => Promise<Response> {
	const { maxWaitSeconds = 60, retryUnavailable = true } = options;
	return async (request) => {
		const end = Date.now() + maxWaitSeconds * 1_000;
		const signal = anyOf(request.signal, options.signal);
		let token = await session.token(signal);
		let isRenewed = false;
		for (let attempt = 0; ; attempt++) {
			const response = await attemptOf(request, token, signal, options);
			if (response.status === 401 && !isRenewed) {
				const renewed = await session.renewed(token, signal);
				if (!renewed) return response;
				await response.body?.cancel();
				token = renewed;
				isRenewed = true;
				continue;
			}
			const isRefused = response.status === 429 || (retryUnavailable && mayPass(request, response));
			if (!isRefused) return response;
			const waitMs = pauseOf(response, attempt);
			if (Date.now() + waitMs > end) return response;
			await response.body?.cancel();
			await pause(waitMs, signal);
		}
	};
}

/**
 * A 503 may come in the middle, where a refusal by a limit has done nothing yet: so what changes something is sent again only
 * with an `Idempotency-Key`, or where it says the same twice.
 */
function mayPass({ method, headers }: Request, { status }: Response): boolean {
	return status === 503 && (["GET", "PUT", "DELETE"].includes(method) || headers.has("idempotency-key"));
}

async function attemptOf(
	request: Request,
	token: string,
	signal: AbortSignal | undefined,
	{ timeoutMs = defaultTimeoutMs, fetch: send = fetch }: SendOptions,
): Promise<Response> {
	const timeout = AbortSignal.timeout(timeoutMs);
	const copy = request.clone();
	copy.headers.set("authorization", `Bearer ${token}`);
	try {
		return await send(new Request(copy, { signal: anyOf(signal, timeout) as AbortSignal }));
	} catch (error) {
		if (!timeout.aborted || signal?.aborted) throw error;
		const { pathname } = new URL(request.url);
		throw new TimedOut(`${request.method} ${pathname} was not answered within ${timeoutMs / 1_000} seconds.`, {
			cause: error,
		});
	}
}

/** The gateway names no time: it is asked again after 1, 2, 4 ... seconds, and others not all at once. */
function pauseOf({ headers }: Response, attempt: number): number {
	const seconds = Number(headers.get("retry-after"));
	if (seconds > 0) return seconds * 1_000;
	return Math.min(maxPauseMs, 1_000 * 2 ** attempt) * (0.5 + Math.random() / 2);
}

function anyOf(...signals: (AbortSignal | null | undefined)[]): AbortSignal | undefined {
	const given = signals.filter((signal) => signal !== null && signal !== undefined);
	return given.length > 1 ? AbortSignal.any(given) : given[0];
}

/** Waits. @throws the signal's reason once it is aborted */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		signal?.throwIfAborted();
		const aborted = () => {
			clearTimeout(timer);
			reject(signal?.reason);
		};
		const timer = setTimeout(() => {
			signal?.removeEventListener("abort", aborted);
			resolve();
		}, milliseconds);
		signal?.addEventListener("abort", aborted, { once: true });
	});
}
