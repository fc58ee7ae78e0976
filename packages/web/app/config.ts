/** The environment that the page talks to: `config.json` beside the page, written by the deployment. It has no secret. */
export interface Config {
	apiUrl: string;
	/** The address of streamed answers; an older deployment has none, and is asked plainly. */
	streamUrl?: string;
	userPoolClientId: string;
	cognitoEndpoint: string;
	environment: string;
	/** Codes of authenticator apps; missing where the pool has none. */
	secondFactor?: "optional" | "required";
	/** The user pool's hosted pages on the way to Google, and the `iss` of its tokens; missing where people sign in with a password alone. */
	google?: { signInUrl: string; issuer: string };
	/** The demo user's login, in `local` alone. */
	demo?: { email: string; password: string };
}

let loaded: Config | undefined;

/** Reads `config.json` once, before anything is shown. @throws where it is missing or incomplete */
export async function loadConfig(): Promise<Config> {
	// Without credentials: the document preloads it this way.
	const response = await fetch("/config.json", { credentials: "same-origin", mode: "cors" });
	if (!response.ok) throw new Error(`config.json answered ${response.status}.`);
	const config = (await response.json()) as Config;
	for (const key of ["apiUrl", "userPoolClientId", "cognitoEndpoint"] as const) {
		if (typeof config[key] !== "string") throw new Error(`config.json has no ${key}.`);
	}
	loaded = { ...config, apiUrl: config.apiUrl.replace(/\/$/, "") };
	return loaded;
}

export function config(): Config {
	if (!loaded) throw new Error("config.json has not been read yet.");
	return loaded;
}
