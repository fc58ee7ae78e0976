import { vi } from "vitest";
import type { Apis } from "#cdk-local/testing/index.ts";

/** Sets endpoint, region and keys of the AWS APIs, as Lambda gives them to a function. */
export function stubFunctionEnv({ client: { endpoint, region, credentials } }: Apis): void {
	vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
	vi.stubEnv("AWS_REGION", region);
	vi.stubEnv("AWS_ACCESS_KEY_ID", credentials.accessKeyId);
	vi.stubEnv("AWS_SECRET_ACCESS_KEY", credentials.secretAccessKey);
	vi.stubEnv("AWS_SESSION_TOKEN", credentials.sessionToken);
}
