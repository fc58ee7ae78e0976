/** Collects what failed of several parts, so that the failure of one keeps no other from running. */
export class Failures {
	readonly errors: unknown[] = [];

	/** Runs a part. @returns undefined where it failed */
	async collect<Result>(part: () => Promise<Result>): Promise<Result | undefined> {
		try {
			return await part();
		} catch (error) {
			this.errors.push(error);
			return undefined;
		}
	}

	/** @throws AggregateError where a part failed */
	throwIfAny(message: string): void {
		if (this.errors.length > 0) throw new AggregateError(this.errors, message);
	}
}
