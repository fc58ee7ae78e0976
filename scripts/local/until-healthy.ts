import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until the API and its database answer.
 * @throws with the API's last answer where they do not in time
 */
export async function untilHealthy(apiUrl: string, maxSeconds: number): Promise<void> {
	const end = Date.now() + maxSeconds * 1000;
	for (;;) {
		const answer = await health(apiUrl);
		if (answer === "200") return;
		if (Date.now() > end) {
			throw new Error(
				`${apiUrl} is not healthy after ${maxSeconds} s: GET /health ${answer === "503" ? "answers 503, so the database is away" : `fails (${answer})`}. Run make down and make up again.`,
			);
		}
		await sleep(200);
	}
}

/** Returns the status of the answer, or why there is none. */
async function health(apiUrl: string): Promise<string> {
	try {
		const response = await fetch(new URL("health", apiUrl), { signal: AbortSignal.timeout(5_000) });
		await response.body?.cancel();
		return String(response.status);
	} catch (error) {
		const { message, cause } = error as Error;
		return cause instanceof Error ? cause.message : message;
	}
}
