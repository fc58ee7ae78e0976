import type { State } from "../../state.ts";
import type { EventSource } from "./event-source.ts";
import type { LambdaFunction } from "./function.ts";

/** Holds the functions and their event sources, in memory: each start creates them from the templates. */
export class Functions {
	readonly #state: State;
	readonly #byArn = new Map<string, LambdaFunction>();
	/** Event sources that poll once every resource exists. */
	readonly eventSources: EventSource[] = [];

	constructor(state: State) {
		this.#state = state;
	}

	/** Returns the ARN of a function, which may not exist, by name or ARN. */
	arn(nameOrArn: string): string {
		return this.#state.arn("lambda", `function:${nameOrArn.split(":").at(-1)}`);
	}

	add(lambdaFunction: LambdaFunction): void {
		this.#byArn.set(lambdaFunction.settings.arn, lambdaFunction);
	}

	get(arn: string): LambdaFunction | undefined {
		return this.#byArn.get(arn);
	}

	/** Returns the first function whose settings pass the test. */
	find(matches: (settings: LambdaFunction["settings"]) => boolean): LambdaFunction | undefined {
		return [...this.#byArn.values()].find(({ settings }) => matches(settings));
	}

	/** Ends every sandbox. */
	async close(): Promise<void> {
		await Promise.all([...this.#byArn.values()].map((lambdaFunction) => lambdaFunction.close()));
	}
}
