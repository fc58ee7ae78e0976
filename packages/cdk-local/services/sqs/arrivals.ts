/** Wakes receivers that wait for a message, by queue ARN. */
export class Arrivals {
	readonly #waiting = new Map<string, Set<() => void>>();

	/** Resolves at the next message, at the timeout or when `signal` aborts. */
	async wait(queueArn: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
		if (signal?.aborted) return;
		const { promise, resolve } = Promise.withResolvers<void>();
		const timer = setTimeout(resolve, milliseconds);
		const waiting = this.#waiting.get(queueArn) ?? new Set();
		this.#waiting.set(queueArn, waiting.add(resolve));
		signal?.addEventListener("abort", () => resolve(), { once: true });
		await promise;
		clearTimeout(timer);
		waiting.delete(resolve);
	}

	notify(queueArn: string): void {
		// The caller's transaction commits before this runs.
		setImmediate(() => {
			for (const resolve of this.#waiting.get(queueArn) ?? []) resolve();
		});
	}
}
