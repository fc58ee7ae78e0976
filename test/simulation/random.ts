export type Random = ReturnType<typeof random>;

/** Returns a generator of the same numbers for the same seed (linear congruential). */
export function random(seed: number) {
	let state = seed >>> 0;
	const next = () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		// The low bits of such a generator repeat quickly.
		return state >>> 8;
	};
	for (let warm = 0; warm < 8; warm++) next();
	return {
		below: (limit: number) => (limit > 0 ? next() % limit : 0),
		percent: (percent: number) => next() % 100 < percent,
	};
}
