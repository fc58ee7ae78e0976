/** The result of one check. */
export interface CheckResult {
	name: string;
	/** Null if the check was skipped, for the reason in `detail`. */
	passed: boolean | null;
	detail: string;
}

/** Ends a check that does not apply or cannot be made; its message is the reason. It neither passes nor fails. */
export class CheckSkipped extends Error {
	override name = "CheckSkipped";
}

export const mark = ({ passed }: Pick<CheckResult, "passed">) => (passed === null ? "-" : passed ? "✓" : "✗");

/** Prints one line a check: a tick, a cross or a dash, the check's name, and its finding. */
export function printOutcomes(outcomes: readonly CheckResult[]): void {
	const width = Math.max(...outcomes.map(({ name }) => name.length));
	for (const outcome of outcomes) {
		const [first, ...more] = outcome.detail.split("\n");
		console.log(`  ${mark(outcome)} ${outcome.name.padEnd(width)}  ${first ?? ""}`);
		for (const line of more) console.log(`    ${" ".repeat(width)}  ${line}`);
	}
}
