import type { Clock } from "#core/ports/index.ts";

/** A clock that goes on when told, and a millisecond at each reading: no two things happen at the same time. */
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
