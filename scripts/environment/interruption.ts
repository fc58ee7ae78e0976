/** How a person, a closed terminal or a machine ends a script. */
export const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Somebody ended the script before it was through. */
export class Interrupted extends Error {
	override name = "Interrupted";
}

/**
 * Runs `work` with a signal that Ctrl-C and its like abort, so that it can remove what it made. The second of the
 * same kind ends the process at once: whoever sits there has waited long enough.
 */
export async function interruptible<T>(work: (interruption: AbortSignal) => Promise<T>): Promise<T> {
	const controller = new AbortController();
	const interrupt = (ending: NodeJS.Signals) => controller.abort(new Interrupted(`Ended early (${ending}).`));
	for (const ending of endings) process.once(ending, interrupt);
	try {
		return await work(controller.signal);
	} finally {
		for (const ending of endings) process.off(ending, interrupt);
	}
}

/** What comes first: the work's end, or its interruption. @throws Interrupted */
export async function unlessInterrupted<T>(interruption: AbortSignal, work: Promise<T>): Promise<T> {
	work.catch(() => {}); // after an interruption nobody waits for it
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
