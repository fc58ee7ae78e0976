import type { ClientSettings } from "#deployment/client-settings.ts";
import { withRemedy } from "./aws-errors.ts";

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

/** Skips a check that the credentials do not allow: CloudFormation would then report what is wrong. */
export async function skipIfDenied<T>(check: () => Promise<T>): Promise<T> {
	try {
		return await check();
	} catch (error) {
		const { name, message } = error as Error;
		if (/^(AccessDenied(Exception)?|UnauthorizedOperation)$/.test(name)) {
			throw new CheckSkipped(`not checked, these credentials may not: ${message}`);
		}
		throw error;
	}
}

/** Skips a check whose question gets no answer, with the reason: a server in AWS's place, or a region, may lack the call. */
export async function skipUnlessAnswered<T>(ask: () => Promise<T>, { endpoint }: ClientSettings): Promise<T> {
	return withRemedy(ask, endpoint ?? process.env.AWS_ENDPOINT_URL).catch(({ message }: Error) => {
		throw new CheckSkipped(`not checked: ${message}`);
	});
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
