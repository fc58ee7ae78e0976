import { answerChallenge, type Challenge, CognitoError, call, type Tokens } from "./cognito.ts";

const factor = "SOFTWARE_TOKEN_MFA";

/** Returns whether a code of an app follows the person's password. */
export async function hasSecondFactor(accessToken: string): Promise<boolean> {
	const { UserMFASettingList = [] } = await call<{ UserMFASettingList?: string[] }>("GetUser", {
		AccessToken: accessToken,
	});
	return UserMFASettingList.includes(factor);
}

/** An app that is being set up: its secret, and who it is for. */
export interface SetUp {
	secret: string;
	identity: { AccessToken: string } | { Session: string };
}

/** Begins to set up an app, of a signed-in person or of one who must before their first tokens. */
export async function beginSetUp(identity: SetUp["identity"]): Promise<SetUp> {
	const { SecretCode, Session } = await call<{ SecretCode: string; Session?: string }>(
		"AssociateSoftwareToken",
		identity,
	);
	return { secret: SecretCode, identity: Session ? { Session } : identity };
}

async function verify({ identity }: SetUp, code: string): Promise<string> {
	const { Status, Session = "" } = await call<{ Status: string; Session?: string }>("VerifySoftwareToken", {
		...identity,
		UserCode: code,
		FriendlyDeviceName: "Collections",
	});
	if (Status !== "SUCCESS") throw new CognitoError("CodeMismatchException", "The code is wrong.");
	return Session;
}

/** Turns the second factor on by the app's first code. */
export async function turnOn(accessToken: string, setUp: SetUp, code: string): Promise<void> {
	await verify(setUp, code);
	await prefer(accessToken, true);
}

export const turnOff = (accessToken: string): Promise<unknown> => prefer(accessToken, false);

const prefer = (AccessToken: string, Enabled: boolean) =>
	call("SetUserMFAPreference", { AccessToken, SoftwareTokenMfaSettings: { Enabled, PreferredMfa: Enabled } });

/** Ends the set-up that a sign-in demands. */
export async function signInBySetUp(challenge: Challenge, setUp: SetUp, code: string): Promise<Tokens | Challenge> {
	return answerChallenge({ ...challenge, session: await verify(setUp, code) }, "");
}

/** Returns the address that an authenticator app takes, by a QR code or a link. */
export function otpauthUrl(email: string, secret: string): string {
	const issuer = "Collections";
	return `otpauth://totp/${encodeURIComponent(`${issuer}:${email}`)}?${new URLSearchParams({ secret, issuer })}`;
}
