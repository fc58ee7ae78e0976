import { parameterReader } from "#aws/parameters.ts";

const parameters = parameterReader();

/** Returns a provider's API key in Parameter Store, which is read when it is first needed. */
export function apiKeyParameter(parameter: string) {
	const [, provider = ""] = /([^/]+)-api-key$/.exec(parameter) ?? [];
	return {
		setting: `the parameter ${parameter} in Parameter Store (on one machine ${provider.toUpperCase()}_API_KEY in .env)`,
		read: (options?: { fresh?: boolean }) => parameters(parameter, options),
	};
}
