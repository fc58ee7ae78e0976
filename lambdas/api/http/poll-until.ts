import { setTimeout as sleep } from "node:timers/promises";

const firstPauseMs = 100;
/** The answer comes up to a second late; a waiting client costs one small statement a second. */
const maxPauseMs = 1_000;

/** Polls at growing intervals until there is an answer; null where there is none in time. */
export async function pollUntil<T>(poll: () => Promise<T | null>, maxMs: number): Promise<T | null> {
	const end = performance.now() + maxMs;
	for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.5, maxPauseMs)) {
		const answer = await poll();
		if (answer !== null) return answer;
		const left = end - performance.now();
		if (left <= 0) return null;
		await sleep(Math.min(pause, left));
	}
}
