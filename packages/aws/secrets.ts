import { ttlCache } from "./ttl-cache.ts";

/** A database user's credentials, the fields of its secret. */
export interface SecretCredentials {
	username: string;
	password: string;
}

type SecretReader = (
	arn: string,
	/** `fresh` bypasses the cache. */
	options?: { fresh?: boolean },
) => Promise<SecretCredentials>;

/** Reads `{username, password}` secrets and caches each for five minutes. */
export function secretReader(): SecretReader {
	return ttlCache(read);
}

async function read(arn: string): Promise<SecretCredentials> {
	const { secretsManager, GetSecretValueCommand } = await import("./client-secrets-manager.ts");
	const client = secretsManager();
	try {
		const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
		return credentialsIn(arn, SecretString);
	} finally {
		client.destroy();
	}
}

/** @throws naming the secret, never its content. */
function credentialsIn(arn: string, secret: string): SecretCredentials {
	let parsed: unknown;
	try {
		parsed = JSON.parse(secret);
	} catch {
		// The parser's message would quote the secret.
	}
	const { username, password } = (parsed ?? {}) as Record<string, unknown>;
	if (typeof username !== "string" || typeof password !== "string") {
		throw new Error(`The secret ${arn} is not JSON with the fields username and password: set it again with both.`);
	}
	return { username, password };
}
