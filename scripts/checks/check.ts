import type { Outputs } from "#cli/outputs.ts";
import type { RestClient } from "#cli/rest-client.ts";
import { type CheckResult, NotLookedAt } from "../environment/checks.ts";
import type { Target } from "../environment/target.ts";

/** What every check is given. */
export interface Inspection {
	target: Target;
	outputs: Outputs;
	/** Different at every run, and part of every name that is made. */
	id: string;
	/** The REST API as a user of this run alone. @throws where none could be made */
	user(): RestClient;
	/** Set by the check that makes the user. */
	signedIn: RestClient | null;
	/**
	 * Undoes what a check is about to make, whatever happens then; the last one first. Said before it is made, since
	 * an answer may be lost: `undo` finds it there or not.
	 */
	afterwards(undo: () => Promise<unknown>): void;
	/** Somebody wants it to end. Who waits long looks at it; what makes something ends first. */
	interruption: AbortSignal;
}

export interface Check {
	what: string;
	/** @returns what was seen @throws what is wrong, or NotLookedAt */
	run(inspection: Inspection): Promise<string>;
}

export interface TimedOutcome extends CheckResult {
	ms: number;
}

/**
 * Runs every check in turn, whatever the ones before it found, then undoes what they did, also where somebody ends it
 * early.
 */
export async function inspect(
	checks: readonly Check[],
	base: Pick<Inspection, "target" | "outputs" | "id" | "interruption">,
	report: (outcome: TimedOutcome) => void,
): Promise<TimedOutcome[]> {
	const undoings: (() => Promise<unknown>)[] = [];
	const inspection: Inspection = {
		...base,
		signedIn: null,
		user() {
			if (this.signedIn) return this.signedIn;
			throw new Error("no user could sign in, see above");
		},
		afterwards: (undo) => void undoings.push(undo),
	};
	const outcomes: TimedOutcome[] = [];
	const look = async (what: string, run: () => Promise<string>) => {
		const began = performance.now();
		const ended = await run().then(
			(detail) => ({ passed: true as boolean | null, detail }),
			(error: Error) => ({
				passed: error instanceof NotLookedAt ? null : false,
				detail: error.message || error.name,
			}),
		);
		const ms = Math.round(performance.now() - began);
		const outcome = { what, ...ended, ms };
		outcomes.push(outcome);
		report(outcome);
	};
	for (const { what, run } of checks) {
		if (base.interruption.aborted) break;
		await look(what, () => run(inspection));
	}
	await look("nothing is left behind", async () => {
		const failed: string[] = [];
		for (const undo of undoings.reverse()) {
			await undo().catch((error: Error) => failed.push(error.message));
		}
		if (failed.length > 0) throw new Error(failed.join("\n"));
		return `${undoings.length} things were removed again`;
	});
	return outcomes;
}
