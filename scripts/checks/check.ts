import type { CollectionsClient } from "#client/index.ts";
import type { Outputs } from "#deployment/outputs.ts";
import { type CheckResult, CheckSkipped } from "../environment/checks.ts";
import type { Target } from "../environment/target.ts";

/** The environment under test, and the state that the checks of one run share. */
export interface Inspection {
	target: Target;
	outputs: Outputs;
	/** Unique to the run; part of the name of everything that a check creates. */
	id: string;
	/** Returns the REST API's client, signed in as this run's own user. @throws if no user could sign in */
	user(): CollectionsClient;
	/** Set by the check that creates the user. */
	signedIn: CollectionsClient | null;
	/**
	 * Registers a cleanup, which runs whether the check passes or not; cleanups run in reverse order. A check registers
	 * it before it creates anything, since the answer of the creation may be lost, so `undo` must tolerate a missing resource.
	 */
	afterwards(undo: () => Promise<unknown>): void;
	/** Aborts when a person ends the run. Long waits stop at once; a check that is creating something finishes first. */
	interruption: AbortSignal;
}

export interface Check {
	name: string;
	/** @returns the finding, as a phrase @throws the failure, or CheckSkipped */
	run(inspection: Inspection): Promise<string>;
}

export interface TimedOutcome extends CheckResult {
	ms: number;
}

/**
 * Runs every check in turn, even after a failure, then the registered cleanups, even after an interruption.
 */
export async function runChecks(
	checks: readonly Check[],
	base: Pick<Inspection, "target" | "outputs" | "id" | "interruption">,
	report: (outcome: TimedOutcome) => void,
): Promise<TimedOutcome[]> {
	const cleanups: (() => Promise<unknown>)[] = [];
	const inspection: Inspection = {
		...base,
		signedIn: null,
		user() {
			if (this.signedIn) return this.signedIn;
			throw new Error("no user could sign in, see above");
		},
		afterwards: (undo) => void cleanups.push(undo),
	};
	const outcomes: TimedOutcome[] = [];
	const runOne = async (name: string, run: () => Promise<string>) => {
		const startedAt = performance.now();
		const result = await run().then(
			(detail) => ({ passed: true as boolean | null, detail }),
			(error: Error) => ({
				passed: error instanceof CheckSkipped ? null : false,
				detail: error.message || error.name,
			}),
		);
		const ms = Math.round(performance.now() - startedAt);
		const outcome = { name, ...result, ms };
		outcomes.push(outcome);
		report(outcome);
	};
	for (const { name, run } of checks) {
		if (base.interruption.aborted) break;
		await runOne(name, () => run(inspection));
	}
	await runOne("nothing is left behind", async () => {
		const failures: string[] = [];
		for (const undo of cleanups.reverse()) {
			await undo().catch((error: Error) => failures.push(error.message));
		}
		if (failures.length > 0) throw new Error(failures.join("\n"));
		return `${cleanups.length} cleanups succeeded`;
	});
	return outcomes;
}
