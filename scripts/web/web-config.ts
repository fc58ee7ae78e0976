import type { Outputs } from "#deployment/outputs.ts";
import type { Config } from "#web/app/config.ts";

/** Returns an environment's `config.json`. @param demo is left out anywhere but in `local` */
export function webConfig(outputs: Outputs, demo?: Config["demo"]): Config {
	return {
		apiUrl: outputs.ApiUrl.replace(/\/$/, ""),
		...(outputs.StreamUrl && { streamUrl: outputs.StreamUrl }),
		userPoolClientId: outputs.WebClientId ?? outputs.UserPoolClientId,
		cognitoEndpoint: outputs.CognitoEndpoint,
		environment: outputs.Environment,
		...((outputs.SecondFactor === "optional" || outputs.SecondFactor === "required") && {
			secondFactor: outputs.SecondFactor,
		}),
		...(outputs.GoogleSignInUrl &&
			outputs.TokenIssuer && { google: { signInUrl: outputs.GoogleSignInUrl, issuer: outputs.TokenIssuer } }),
		...(outputs.Environment === "local" && demo && { demo }),
	};
}

/**
 * Returns the page's content security policy: its own files, and connections to exactly the API, its
 * streams, Cognito and the bucket, whose images it shows. Thumbhashes are drawn from `data:`. The shell carries it, where
 * `frame-ancestors` has no effect: the hosting adds that as a header.
 */
export function contentSecurityPolicy(config: Config, bucketOrigin: string): string {
	const { apiUrl, streamUrl, cognitoEndpoint, google } = config;
	const connect = [apiUrl, streamUrl, cognitoEndpoint, google?.signInUrl, bucketOrigin].flatMap((url) =>
		url ? [new URL(url).origin] : [],
	);
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
