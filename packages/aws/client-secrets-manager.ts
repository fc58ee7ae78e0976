// A dynamic import of the package would bundle all of its commands; of this module it bundles these.
export {
	GetSecretValueCommand,
	SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
