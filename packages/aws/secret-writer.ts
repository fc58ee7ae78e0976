import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { secretsManager } from "./client-secrets-manager.ts";
import type { SecretCredentials } from "./secrets.ts";

/** Replaces the credentials of a secret. A separate module, since one function alone writes secrets. */
export async function writeSecret(arn: string, { username, password }: SecretCredentials): Promise<void> {
	const client = secretsManager();
	try {
		await client.send(
			new PutSecretValueCommand({ SecretId: arn, SecretString: JSON.stringify({ username, password }) }),
		);
	} finally {
		client.destroy();
	}
}
