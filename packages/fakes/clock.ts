import type { Clock } from "#core/ports/index.ts";

/** A clock that a test advances. Each reading adds a millisecond, so that no two readings are equal. */
export interface FakeClock extends Clock {
	advance(seconds: number): void;
}

export function fakeClock(start = new Date()): FakeClock {
	let now = start.getTime();
	return {
		now() {
			now += 1;
			return new Date(now);
		},
		advance(seconds) {
			now += seconds * 1000;
		},
	};
}
