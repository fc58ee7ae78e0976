import type { Outputs } from "#cli/outputs.ts";

/** The `config.json` beside the page, by which it knows its environment. It has no secret. */
export interface WebConfig {
	apiUrl: string;
	/** The address of the routes that stream; null where the environment has none. */
	streamUrl: string | null;
	userPoolClientId: string;
	cognitoEndpoint: string;
	region: string;
	environment: string;
	/** The demo user's login, in `local` alone. */
	demo?: { email: string; password: string };
}

/** Returns an environment's `config.json`. @param demo is left out anywhere but in `local` */
export function webConfig(outputs: Outputs, demo?: WebConfig["demo"]): WebConfig {
	const { StreamUrl: streamUrl } = outputs;
	return {
		apiUrl: outputs.ApiUrl.replace(/\/$/, ""),
		streamUrl: typeof streamUrl === "string" ? streamUrl : null,
		userPoolClientId: outputs.WebClientId ?? outputs.UserPoolClientId,
		cognitoEndpoint: outputs.CognitoEndpoint,
		region: outputs.Region,
		environment: outputs.Environment,
		...(outputs.Environment === "local" && demo && { demo }),
	};
}

/**
 * Returns the page's content security policy: its own files, and connections to exactly the API, Cognito, the streaming
 * routes and the bucket, whose images it shows. Thumbhashes are drawn from `data:`. The shell carries it, where
 * `frame-ancestors` has no effect: the hosting adds that as a header.
 */
export function contentSecurityPolicy(config: WebConfig, bucketOrigin: string): string {
	const connect = [config.apiUrl, config.cognitoEndpoint, config.streamUrl, bucketOrigin]
		.filter((url) => url !== null)
		.map((url) => new URL(url).origin);
	return [
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"font-src 'self'",
		`img-src 'self' data: blob: ${bucketOrigin}`,
		`connect-src 'self' ${[...new Set(connect)].join(" ")}`,
		"manifest-src 'self'",
		"worker-src 'self'",
		"form-action 'self'",
		"base-uri 'none'",
	].join("; ");
}
