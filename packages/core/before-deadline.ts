/** Resolves with the work's result, or with null once the deadline has passed. The work itself goes on. */
export async function beforeDeadline<T>(deadline: Date, work: Promise<T>): Promise<T | null> {
	const { promise: timeout, resolve } = Promise.withResolvers<null>();
	const timer = setTimeout(() => resolve(null), Math.max(0, deadline.getTime() - Date.now()));
	work.catch(() => {}); // after the deadline nobody awaits it, and Node would end the process
	try {
		return await Promise.race([work, timeout]);
	} finally {
		clearTimeout(timer);
	}
}
