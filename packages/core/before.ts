/** What is there before the deadline; null where that passes first. */
export async function before<T>(
	deadline: Date,
	work: Promise<T>,
): Promise<T | null> {
	const { promise: timeout, resolve } = Promise.withResolvers<null>();
	const timer = setTimeout(
		() => resolve(null),
		Math.max(0, deadline.getTime() - Date.now()),
	);
	work.catch(() => {}); // nobody listens after the deadline
	try {
		return await Promise.race([work, timeout]);
	} finally {
		clearTimeout(timer);
	}
}
