/** Lets so many requests through a second, and so many at once. */
export class TokenBucket {
	readonly #rate: number;
	readonly #burst: number;
	#tokens: number;
	#filledAt = performance.now();

	constructor(rate: number, burst: number) {
		this.#rate = rate;
		this.#burst = burst;
		this.#tokens = burst;
	}

	take(): boolean {
		const now = performance.now();
		const gained = ((now - this.#filledAt) / 1000) * this.#rate;
		this.#tokens = Math.min(this.#burst, this.#tokens + gained);
		this.#filledAt = now;
		if (this.#tokens < 1) return false;
		this.#tokens -= 1;
		return true;
	}
}
