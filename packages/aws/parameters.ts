/** Reads a parameter; null where there is none. */
export type ParameterReader = (
	name: string,
	/** `fresh` asks Parameter Store even where a kept value is young enough. */
	options?: { fresh?: boolean },
) => Promise<string | null>;

/** A replaced key is noticed by the refusal; this bounds how long one, or the lack of one, is kept in memory. */
const cacheMilliseconds = 5 * 60_000;

/** Reads encrypted parameters and keeps each for five minutes. */
export function parameterReader(): ParameterReader {
	const cached = new Map<
		string,
		{ readAt: number; value: Promise<string | null> }
	>();
	return async (name, { fresh = false } = {}) => {
		const known = cached.get(name);
		if (known && !fresh && Date.now() - known.readAt < cacheMilliseconds) {
			return known.value;
		}
		const value = read(name);
		cached.set(name, { readAt: Date.now(), value });
		value.catch(() => {
			if (cached.get(name)?.value === value) cached.delete(name);
		});
		return value;
	};
}

async function read(name: string): Promise<string | null> {
	const { SSMClient, GetParameterCommand, ParameterNotFound } = await import(
		"@aws-sdk/client-ssm"
	);
	const client = new SSMClient({
		maxAttempts: 2,
		// Left alone the SDK waits for ever, and everybody else for the read that is kept.
		requestHandler: {
			connectionTimeout: 2_000,
			requestTimeout: 2_000,
			throwOnRequestTimeout: true,
		},
	});
	try {
		const { Parameter } = await client.send(
			new GetParameterCommand({ Name: name, WithDecryption: true }),
		);
		// An empty parameter cannot be stored; one of blanks stands for none.
		return Parameter?.Value?.trim() || null;
	} catch (error) {
		if (error instanceof ParameterNotFound) return null;
		throw error;
	} finally {
		client.destroy();
	}
}
