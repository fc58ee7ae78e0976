import { once } from "#core/once.ts";
import { ttlCache } from "./ttl-cache.ts";

/** Reads a parameter; null if there is none. */
type ParameterReader = (
	name: string,
	/** `fresh` bypasses the cache. */
	options?: { fresh?: boolean },
) => Promise<string | null>;

/** Reads encrypted parameters and caches each for five minutes. */
export function parameterReader(): ParameterReader {
	const connected = once(connect);
	return ttlCache(async (name) => {
		const { client, GetParameterCommand, ParameterNotFound } = await connected();
		try {
			const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
			// An empty parameter cannot be stored; blanks stand for none.
			return Parameter?.Value?.trim() || null;
		} catch (error) {
			if (error instanceof ParameterNotFound) return null;
			throw error;
		}
	});
}

async function connect() {
	const { SSMClient, ...sdk } = await import("./client-ssm.ts");
	const client = new SSMClient({
		maxAttempts: 2,
		// By default the SDK waits for ever, and so would every caller of the cached read.
		requestHandler: {
			connectionTimeout: 2_000,
			requestTimeout: 2_000,
			throwOnRequestTimeout: true,
			// Minutes lie between two reads: an idle connection would be dead by then.
			httpAgent: { keepAlive: false },
			httpsAgent: { keepAlive: false },
		},
	});
	return { client, ...sdk };
}
