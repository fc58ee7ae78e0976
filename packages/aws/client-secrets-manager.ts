// Imported lazily the package itself would bring all of its commands; of this comes what is named.
export {
	GetSecretValueCommand,
	SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
