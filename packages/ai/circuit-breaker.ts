import { optionalStore } from "#core/optional-store.ts";
import type { CircuitState, Circuits } from "#core/ports/index.ts";

/** When a circuit opens, and for how long. */
export const circuitThresholds = {
	/** It opens at so many failures in a window, */
	failures: 5,
	/** if they are this part of its requests. */
	rate: 0.5,
	windowMs: 60_000,
	/** Nobody asks for so long; then one call tries. */
	openMs: 30_000,
	/** Another call may try where the one that tries has said nothing for so long after its request's time-out. */
	probeMarginMs: 30_000,
	/** A sandbox believes for so long what it has read. */
	viewMs: 5_000,
	/** While another tries, a sandbox looks again after this time. */
	probeLookMs: 1_000,
	/** A time-out of less says nothing about the provider. */
	minTimeoutMs: 5_000,
	/** A failure counts once for each of so many milliseconds: a model that hangs lets few requests end in a window. */
	countedMs: 18_000,
};

/** How a request ended: `inconclusive` says nothing about the provider, such as a request that is wrong itself. */
export type RequestEnd = "answered" | "failed" | "inconclusive";

/** A call that the breaker lets pass. */
export interface Pass {
	/** Counts a request of the call. */
	record(end: RequestEnd, durationMs: number): Promise<void>;
	/** The milliseconds until the model is tried again, once the circuit is open: another request of the call would not help. */
	readonly openMs: number | null;
	/** Ends the call, whatever happened to it. */
	end(): Promise<void>;
}

/** Keeps calls from a model that fails, so that they cost milliseconds and no time-out. */
export interface CircuitBreaker {
	readonly minTimeoutMs: number;
	/**
	 * @param maxRequestMs the time-out of a request
	 * @returns the milliseconds until the model is tried again, in place of a pass
	 */
	enter(name: string, maxRequestMs: number): Promise<Pass | number>;
}

interface CircuitBreakerOptions {
	thresholds?: typeof circuitThresholds;
	/** Is told of each circuit that this sandbox opens, by name. */
	onOpen: (name: string) => void;
	/** Is told why the circuits' store did not answer. Calls pass then. */
	onFailure: (error: unknown) => void;
	/** Milliseconds since 1970. @default Date.now */
	now?: () => number;
}

/** A circuit as this sandbox knows it. */
interface View {
	state: CircuitState;
	readAt: number;
	/** Requests that were answered, and the store does not know, with the time of the first. */
	answered: number;
	answeredSince: number;
}

/** People may name models; those are forgotten first that were asked longest ago. */
const maxViews = 100;
const closed: CircuitState = { requests: 0, failures: 0, openUntil: null };

/**
 * Makes a sandbox's breaker over circuits that all share. While a model answers, the store is read once in `viewMs` and
 * nothing is written. A failure is written at once, and answers are while the window has failures.
 */
export function circuitBreaker(
	circuits: Circuits,
	{ thresholds = circuitThresholds, onOpen, onFailure, now = Date.now }: CircuitBreakerOptions,
): CircuitBreaker {
	const { countedMs, openMs, probeMarginMs, probeLookMs, viewMs, windowMs } = thresholds;
	const ask = optionalStore(onFailure, now);
	const views = new Map<string, View>();

	function viewOf(name: string): View {
		const view = views.get(name) ?? { state: closed, readAt: 0, answered: 0, answeredSince: 0 };
		views.delete(name);
		views.set(name, view);
		const [oldest] = views.keys();
		if (views.size > maxViews && oldest !== undefined) views.delete(oldest);
		return view;
	}

	/** Looks at what others know, and tells them what this sandbox knows where some request has failed. */
	async function refresh(name: string, view: View): Promise<void> {
		const hasNews = view.state.failures > 0 && view.answered > 0;
		const state = await ask(() =>
			hasNews ? circuits.count(name, { requests: takeAnswered(view), failures: 0 }, windowMs) : circuits.read(name),
		);
		view.readAt = now();
		// What is not known passes.
		view.state = state ?? closed;
	}

	function takeAnswered(view: View): number {
		const taken = now() - view.answeredSince < windowMs ? view.answered : 0;
		view.answered = 0;
		return taken;
	}

	async function open(name: string, view: View): Promise<void> {
		const openUntil = now() + openMs;
		const hasOpened = await ask(() => circuits.open(name, openUntil));
		if (hasOpened) onOpen(name);
		// What the store does not know, nobody would close.
		if (hasOpened !== null) view.state = { ...closed, openUntil };
	}

	const untilTried = ({ state: { openUntil } }: View) => openUntil && Math.max(0, openUntil - now());

	function passClosed(name: string, view: View): Pass {
		return {
			get openMs() {
				return untilTried(view);
			},
			async record(end, durationMs) {
				if (end === "answered") {
					if (view.answered === 0) view.answeredSince = now();
					view.answered += 1;
				}
				if (end !== "failed") return;
				const failed = Math.max(1, Math.floor(durationMs / countedMs));
				const counted = { requests: takeAnswered(view) + failed, failures: failed };
				const state = await ask(() => circuits.count(name, counted, windowMs));
				if (!state) return;
				view.state = state;
				const { requests, failures } = state;
				if (failures >= thresholds.failures && failures >= thresholds.rate * requests) await open(name, view);
			},
			end: async () => {},
		};
	}

	function passProbe(name: string, view: View, ends: number): Pass {
		let isOver = false;
		return {
			get openMs() {
				return isOver ? untilTried(view) : null;
			},
			async record(end) {
				if (isOver || end === "inconclusive") return;
				isOver = true;
				if (end === "failed") return open(name, view);
				await ask(() => circuits.close(name, ends));
				view.state = closed;
			},
			async end() {
				if (!isOver) await ask(() => circuits.releaseProbe(name, ends));
			},
		};
	}

	return {
		minTimeoutMs: thresholds.minTimeoutMs,
		async enter(name, maxRequestMs) {
			const view = viewOf(name);
			if (now() - view.readAt >= viewMs) await refresh(name, view);
			const { openUntil } = view.state;
			if (openUntil === null) return passClosed(name, view);
			const at = now();
			if (openUntil > at) return openUntil - at;
			const ends = at + maxRequestMs + probeMarginMs;
			const hasClaimed = await ask(() => circuits.claimProbe(name, ends));
			if (hasClaimed === null) return passClosed(name, view);
			if (hasClaimed) return passProbe(name, view, ends);
			// Another tries, or has closed the circuit: the next look tells.
			view.state = { ...view.state, openUntil: at + probeLookMs };
			view.readAt = at + probeLookMs - viewMs;
			return probeLookMs;
		},
	};
}
