import { once } from "#core/once.ts";
import { ttlCache } from "./ttl-cache.ts";

/** Reads a parameter; null where there is none. */
export type ParameterReader = (
	name: string,
	/** `fresh` asks Parameter Store even where a kept value is young enough. */
	options?: { fresh?: boolean },
) => Promise<string | null>;

/** Reads encrypted parameters and keeps each for five minutes. */
export function parameterReader(): ParameterReader {
	const connected = once(connect);
	return ttlCache(async (name) => {
		const { client, GetParameterCommand, ParameterNotFound } =
			await connected();
		try {
			const { Parameter } = await client.send(
				new GetParameterCommand({ Name: name, WithDecryption: true }),
			);
			// An empty parameter cannot be stored; one of blanks stands for none.
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
		// Left alone the SDK waits for ever, and everybody else for the read that is kept.
		requestHandler: {
			connectionTimeout: 2_000,
			requestTimeout: 2_000,
			throwOnRequestTimeout: true,
			// Minutes lie between two reads: a connection that was kept would be a dead one.
			httpAgent: { keepAlive: false },
			httpsAgent: { keepAlive: false },
		},
	});
	return { client, ...sdk };
}
