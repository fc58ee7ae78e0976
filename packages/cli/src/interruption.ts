import { exitCodes, Failure } from "./failure.ts";

/**
 * Runs work that Ctrl-C ends at its next step.
 * @param describe what stays, and how to go on
 * @throws Failure with the exit code of an interruption
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, describe: () => string): Promise<T> {
	const interruption = new AbortController();
	const interrupt = () => interruption.abort(new Failure("", exitCodes.interrupted));
	process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
	try {
		return await work(interruption.signal);
	} catch (error) {
		if (!interruption.signal.aborted) throw error;
		throw new Failure(describe(), exitCodes.interrupted);
	} finally {
		process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
	}
}
