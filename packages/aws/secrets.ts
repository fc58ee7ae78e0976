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

/** The errors of a secret that nobody has stored. Of a missing one, IAM knows no ARN that a policy could allow. */
const missing = ["ResourceNotFoundException", "AccessDeniedException"];

/** Reads secrets that are a text, by name; null where there is none. Caches each for five minutes. */
export function secretTextReader(): (id: string) => Promise<string | null> {
	return ttlCache(async (id) => {
		const text = await readText(id).catch((error: Error) => {
			if (missing.includes(error.name)) return null;
			throw error;
		});
		return text?.trim() || null;
	});
}

async function read(arn: string): Promise<SecretCredentials> {
	return credentialsIn(arn, await readText(arn));
}

async function readText(id: string): Promise<string> {
	const { secretsManager, GetSecretValueCommand } = await import("./client-secrets-manager.ts");
	const client = secretsManager();
	try {
		const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId: id }));
		return SecretString;
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
