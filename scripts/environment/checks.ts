/** What one check found. */
export interface CheckResult {
	what: string;
	/** Null where it could not be looked at, for the reason in `detail`. */
	passed: boolean | null;
	detail: string;
}

/** The reason why something could not be looked at, or does not apply: neither good nor bad. */
export class NotLookedAt extends Error {
	override name = "NotLookedAt";
}

export const mark = ({ passed }: Pick<CheckResult, "passed">) => (passed === null ? "-" : passed ? "✓" : "✗");

/** One line a check: a tick or a cross, what, and what was found. */
export function printOutcomes(outcomes: readonly CheckResult[]): void {
	const width = Math.max(...outcomes.map(({ what }) => what.length));
	for (const outcome of outcomes) {
		const [first, ...more] = outcome.detail.split("\n");
		console.log(`  ${mark(outcome)} ${outcome.what.padEnd(width)}  ${first ?? ""}`);
		for (const line of more) console.log(`    ${" ".repeat(width)}  ${line}`);
	}
}
