const restMs = 5_000;

/** Leaves a store alone for five seconds after a failure: nothing must wait for a store that is away. */
export class StoreRest {
	readonly #now: () => number;
	#until = 0;

	constructor(now: () => number = Date.now) {
		this.#now = now;
	}

	get isOn(): boolean {
		return this.#now() < this.#until;
	}

	begin(): void {
		this.#until = this.#now() + restMs;
	}
}
