import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

// A dynamic import of the package would bundle all of its commands; importing this module bundles only this one.
export { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";

export const secretsManager = () =>
	new SecretsManagerClient({
		maxAttempts: 2,
		// By default the SDK never times out, and every caller of a cached read would wait, too.
		requestHandler: {
			connectionTimeout: 2_000,
			requestTimeout: 2_000,
			throwOnRequestTimeout: true,
		},
	});
