/** The signals by which a person, a closed terminal or a machine ends a script. */
export const endSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Reports that a signal ended the script early. */
class Interrupted extends Error {
	override name = "Interrupted";
}

/**
 * Runs `work` with an AbortSignal that Ctrl-C and the like abort, so that it can clean up. A second signal of the same
 * kind ends the process at once.
 */
export async function interruptible<T>(work: (interruption: AbortSignal) => Promise<T>): Promise<T> {
	const controller = new AbortController();
	const interrupt = (signal: NodeJS.Signals) => controller.abort(new Interrupted(`Ended early (${signal}).`));
	for (const signal of endSignals) process.once(signal, interrupt);
	try {
		return await work(controller.signal);
	} finally {
		for (const signal of endSignals) process.off(signal, interrupt);
	}
}

/** Waits for the work, or until it is interrupted: no deadline is involved, so no timer. @throws Interrupted */
export async function unlessInterrupted<T>(interruption: AbortSignal, work: Promise<T>): Promise<T> {
	work.catch(() => {}); // after an interruption nobody awaits it, and Node would end the process
	interruption.throwIfAborted();
	let stop = () => {};
	const interrupted = new Promise<never>((_, reject) => {
		stop = () => reject(interruption.reason);
		interruption.addEventListener("abort", stop, { once: true });
	});
	try {
		return await Promise.race([work, interrupted]);
	} finally {
		interruption.removeEventListener("abort", stop);
	}
}
