import { setTimeout as sleep } from "node:timers/promises";

const firstPauseMs = 100;
/** Seen a second late, and for every waiting client one small statement a second. */
const maxPauseMs = 1_000;

/** Asks again and again, less and less often, until there is an answer; null where there is none in time. */
export async function waitFor<T>(
	ask: () => Promise<T | null>,
	maxMs: number,
): Promise<T | null> {
	const end = performance.now() + maxMs;
	for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.5, maxPauseMs)) {
		const answer = await ask();
		if (answer !== null) return answer;
		const left = end - performance.now();
		if (left <= 0) return null;
		await sleep(Math.min(pause, left));
	}
}
