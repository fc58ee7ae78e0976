import * as oauth from "oauth4webapi";
import { config } from "#web/app/config.ts";
import type { Tokens } from "./cognito.ts";

const key = "collections.google";

/** A sign-in that is under way, in this tab alone. */
interface Attempt {
	state: string;
	verifier: string;
	to?: string | undefined;
	isSecond: boolean;
}

/** The sign-in was refused, or not completed. The message is Cognito's sentence for the person; empty where it has none. */
export class GoogleRefusal extends Error {}

export interface Arrival {
	tokens: Tokens;
	to?: string | undefined;
	/** The address that ends the session of the hosted pages. */
	leaveAddress: string;
}

/** Leaves the page for Google. @param to where the person was before */
export async function goToGoogle(to?: string, isSecond = false): Promise<void> {
	const verifier = oauth.generateRandomCodeVerifier();
	const state = oauth.generateRandomState();
	sessionStorage.setItem(key, JSON.stringify({ state, verifier, to, isSecond } satisfies Attempt));
	const { server, client, redirectUri } = parties();
	const address = new URL(server.authorization_endpoint);
	address.search = new URLSearchParams({
		response_type: "code",
		client_id: client.client_id,
		redirect_uri: redirectUri,
		scope: "openid email aws.cognito.signin.user.admin",
		identity_provider: "Google",
		state,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
		code_challenge_method: "S256",
		// Whoever has chosen their account a moment ago is not asked again.
		...(!isSecond && { prompt: "select_account" }),
	}).toString();
	location.assign(address);
}

/**
 * Exchanges what the person brings back for tokens; null where the page is left once more.
 * @throws GoogleRefusal
 */
export async function comeFromGoogle(parameters: URLSearchParams): Promise<Arrival | null> {
	const kept = sessionStorage.getItem(key);
	sessionStorage.removeItem(key);
	// Nobody began here: a link must not put its words on this page.
	if (!kept) throw new GoogleRefusal();
	const { state, verifier, to, isSecond } = JSON.parse(kept) as Attempt;
	if (parameters.has("error")) {
		const reason = parameters.get("error_description") ?? "";
		// Cognito goes on to create the user that was linked to an account instead. The next sign-in finds the link.
		if (!isSecond && /already found an entry/i.test(reason)) {
			await goToGoogle(to, true);
			return null;
		}
		throw new GoogleRefusal(/^PreSignUp failed with error (.+?\.)\s*$/.exec(reason)?.[1]);
	}
	const { server, client, redirectUri, leaveAddress } = parties();
	try {
		const answer = oauth.validateAuthResponse(server, client, parameters, state);
		const response = await oauth.authorizationCodeGrantRequest(
			server,
			client,
			oauth.None(),
			answer,
			redirectUri,
			verifier,
		);
		const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { requireIdToken: true });
		const { id_token: idToken = "", access_token: accessToken, refresh_token: refreshToken = "" } = tokens;
		return { tokens: { idToken, accessToken, refreshToken }, to, leaveAddress };
	} catch (cause) {
		if (cause instanceof TypeError) throw cause;
		throw new GoogleRefusal("", { cause });
	}
}

function parties() {
	const { google, userPoolClientId } = config();
	if (!google) throw new GoogleRefusal();
	const { issuer, signInUrl } = google;
	return {
		server: {
			issuer,
			authorization_endpoint: `${signInUrl}/oauth2/authorize`,
			token_endpoint: `${signInUrl}/oauth2/token`,
		},
		// The clocks of people's machines are often wrong by minutes.
		client: { client_id: userPoolClientId, [oauth.clockTolerance]: 300 },
		redirectUri: `${location.origin}/sign-in/google`,
		leaveAddress: `${signInUrl}/logout?${new URLSearchParams({
			client_id: userPoolClientId,
			logout_uri: `${location.origin}/sign-in`,
		})}`,
	};
}
