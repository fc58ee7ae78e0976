import type { CircuitState, Circuits } from "#core/ports/index.ts";

interface Kept {
	openUntil?: number;
	probeEnds?: number;
	window?: { requests: number; failures: number; ends: number };
}

/** Circuits in memory, on the clock of a test. @param now milliseconds since 1970 */
export function fakeCircuits(now: () => number): Circuits {
	const kept = new Map<string, Kept>();
	const stateOf = ({ openUntil, window }: Kept): CircuitState => {
		const { requests, failures } = window && window.ends > now() ? window : { requests: 0, failures: 0 };
		return { requests, failures, openUntil: openUntil ?? null };
	};
	const found = (name: string): Kept => {
		const circuit = kept.get(name) ?? {};
		kept.set(name, circuit);
		return circuit;
	};
	return {
		async read(name) {
			return stateOf(found(name));
		},
		async count(name, { requests, failures }, windowMs) {
			const circuit = found(name);
			const counted = stateOf(circuit);
			circuit.window = {
				requests: counted.requests + requests,
				failures: counted.failures + failures,
				ends: circuit.window && circuit.window.ends > now() ? circuit.window.ends : now() + windowMs,
			};
			return stateOf(circuit);
		},
		async open(name, until) {
			if ((found(name).openUntil ?? 0) > now()) return false;
			kept.set(name, { openUntil: until });
			return true;
		},
		async claimProbe(name, ends) {
			const circuit = found(name);
			if (circuit.openUntil === undefined || circuit.openUntil > now()) return false;
			if ((circuit.probeEnds ?? 0) > now()) return false;
			circuit.probeEnds = ends;
			return true;
		},
		async releaseProbe(name, ends) {
			const circuit = found(name);
			if (circuit.probeEnds === ends) delete circuit.probeEnds;
		},
		async close(name, ends) {
			if (found(name).probeEnds === ends) kept.set(name, {});
		},
	};
}
