import type { Outputs } from "#deployment/outputs.ts";
import { postmanEnvironment } from "./collection.ts";

/** Fills in where an environment is, and who signs in. */
export function environmentOf(name: string, outputs: Outputs, email: string, password = ""): object {
	const withoutSlash = (url: string) => url.replace(/\/$/, "");
	return postmanEnvironment(`Collections ${name}`, {
		baseUrl: withoutSlash(outputs.ApiUrl),
		streamUrl: withoutSlash(outputs.StreamUrl ?? ""),
		cognitoUrl: withoutSlash(outputs.CognitoEndpoint),
		clientId: outputs.CliClientId,
		email,
		password,
	});
}
