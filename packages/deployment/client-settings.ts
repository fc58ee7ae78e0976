import type { AwsCredentials } from "#deployment/users.ts";

/** Configures an SDK client for an environment: `new S3Client(target.client)`. */
export interface ClientSettings {
	region: string;
	/** The local cloud's address. On AWS the SDK finds its own, or takes `AWS_ENDPOINT_URL`. */
	endpoint?: string;
	/** The local operator's keys. On AWS the SDK finds those of the shell. */
	credentials?: AwsCredentials;
}
