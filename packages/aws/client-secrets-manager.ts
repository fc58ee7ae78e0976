// A dynamic import of the package would bundle all of its commands; importing this module bundles only these.
export {
	GetSecretValueCommand,
	SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
