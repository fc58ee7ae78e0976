import {
	AssociateSoftwareTokenCommand,
	GetUserCommand,
	InitiateAuthCommand,
	RespondToAuthChallengeCommand,
	SetUserMFAPreferenceCommand,
	VerifySoftwareTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { beforeEach, describe, expect, test } from "vitest";
import { codeAt, stepAt, stepOf } from "../../services/cognito/totp.ts";
import type { UserPoolOptions } from "../../services/cognito/user-pool.ts";
import { userPoolOptions } from "../../testing/user-pool-options.ts";
import { ClientId, Password, UserPoolId, useUserPool } from "./cognito-user-pool.ts";

const { apis, cognito, nextPerson, signIn, member } = await useUserPool();
const poolWith = (mfa: UserPoolOptions["mfa"]) => apis.pools.ensurePool(UserPoolId, { ...userPoolOptions, mfa });
let email: string;
beforeEach(async () => {
	email = nextPerson();
	poolWith("OPTIONAL");
	await member();
	// To the beginning of a step, so that none ends within a test.
	apis.passSeconds(30 - (Math.floor(apis.state.now() / 1_000) % 30));
});

const codeOf = (secret: string, steps = 0) => codeAt(secret, stepAt(apis.state.now()) + steps);
const enterPassword = () =>
	cognito.send(
		new InitiateAuthCommand({
			ClientId,
			AuthFlow: "USER_PASSWORD_AUTH",
			AuthParameters: { USERNAME: email, PASSWORD: Password },
		}),
	);
const enterCode = (Session: string | undefined, code: string) =>
	cognito.send(
		new RespondToAuthChallengeCommand({
			ClientId,
			ChallengeName: "SOFTWARE_TOKEN_MFA",
			Session,
			ChallengeResponses: { USERNAME: email, SOFTWARE_TOKEN_MFA_CODE: code },
		}),
	);
const prefer = (AccessToken: string, Enabled: boolean) =>
	cognito.send(
		new SetUserMFAPreferenceCommand({ AccessToken, SoftwareTokenMfaSettings: { Enabled, PreferredMfa: Enabled } }),
	);
/** Sets up an app of the person of this test, and turns it on. */
async function turnOn() {
	const { AccessToken } = await signIn();
	const { SecretCode: secret = "" } = await cognito.send(new AssociateSoftwareTokenCommand({ AccessToken }));
	const code = codeOf(secret);
	await cognito.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: code }));
	await prefer(AccessToken, true);
	return { AccessToken, secret, code };
}

describe("a one-time password", () => {
	// RFC 6238, appendix B.
	test.each([
		[1_111_111_111, "050471"],
		[1_111_111_109, "081804"],
		[1_234_567_890, "005924"],
		[20_000_000_000, "353130"],
	])("at second %d is %s", (second, code) => {
		const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
		expect(codeAt(secret, stepAt(second * 1_000))).toBe(code);
		for (const drift of [-30, 0, 30])
			expect(stepOf(secret, code, (second + drift) * 1_000)).toBe(Math.floor(second / 30));
		for (const drift of [-60, 60]) expect(stepOf(secret, code, (second + drift) * 1_000)).toBeUndefined();
	});
});

describe("a second factor that is optional", () => {
	test("is asked of nobody until they turn it on, then after the password, and not after it is turned off", async () => {
		const { AccessToken, secret } = await turnOn();
		expect(await cognito.send(new GetUserCommand({ AccessToken }))).toMatchObject({
			UserMFASettingList: ["SOFTWARE_TOKEN_MFA"],
			PreferredMfaSetting: "SOFTWARE_TOKEN_MFA",
		});
		apis.passSeconds(30);
		const { ChallengeName, Session, AuthenticationResult } = await enterPassword();
		expect([ChallengeName, AuthenticationResult]).toEqual(["SOFTWARE_TOKEN_MFA", undefined]);
		const wrong = codeOf(secret) === "000000" ? "000001" : "000000";
		await expect(enterCode(Session, wrong)).rejects.toMatchObject({ name: "CodeMismatchException" });
		expect((await enterCode(Session, codeOf(secret))).AuthenticationResult?.IdToken).toEqual(expect.any(String));
		await prefer(AccessToken, false);
		expect((await signIn()).IdToken).toEqual(expect.any(String));
	});

	test("accepts no code twice, also not the one that set it up", async () => {
		const { secret, code } = await turnOn();
		const first = await enterPassword();
		await expect(enterCode(first.Session, code)).rejects.toMatchObject({
			name: "ExpiredCodeException",
			message: "Your software token has already been used once.",
		});
		const next = codeOf(secret, 1);
		await enterCode(first.Session, next);
		const second = await enterPassword();
		for (const used of [code, next]) {
			await expect(enterCode(second.Session, used)).rejects.toMatchObject({ name: "ExpiredCodeException" });
		}
	});

	test("wants a password first, and not for longer than three minutes, or for five attempts", async () => {
		const { secret } = await turnOn();
		const refused = { name: "NotAuthorizedException" };
		await expect(enterCode("made-up", codeOf(secret, 1))).rejects.toMatchObject(refused);
		const late = await enterPassword();
		apis.passSeconds(181);
		await expect(enterCode(late.Session, codeOf(secret))).rejects.toMatchObject(refused);
		const { Session } = await enterPassword();
		const wrong = codeOf(secret) === "000000" ? "000001" : "000000";
		for (let attempt = 0; attempt < 5; attempt++) {
			await expect(enterCode(Session, wrong)).rejects.toMatchObject({ name: "CodeMismatchException" });
		}
		await expect(enterCode(Session, codeOf(secret))).rejects.toMatchObject({ name: "LimitExceededException" });
	});

	test("is turned on by a code of its app only, and an app that is not verified replaces none", async () => {
		const { AccessToken } = await signIn();
		await expect(prefer(AccessToken, true)).rejects.toMatchObject({ name: "InvalidParameterException" });
		const { secret } = await turnOn();
		const { SecretCode: other = "" } = await cognito.send(new AssociateSoftwareTokenCommand({ AccessToken }));
		apis.passSeconds(30);
		const wrong = codeOf(other) === "000000" ? "000001" : "000000";
		await expect(cognito.send(new VerifySoftwareTokenCommand({ AccessToken, UserCode: wrong }))).rejects.toMatchObject({
			name: "EnableSoftwareTokenMFAException",
		});
		const { Session } = await enterPassword();
		await enterCode(Session, codeOf(secret));
	});
});

test("a second factor that is required is set up before the first tokens", async () => {
	poolWith("ON");
	const { ChallengeName, Session } = await enterPassword();
	expect(ChallengeName).toBe("MFA_SETUP");
	const setUp = (session: string | undefined) =>
		cognito.send(
			new RespondToAuthChallengeCommand({
				ClientId,
				ChallengeName: "MFA_SETUP",
				Session: session,
				ChallengeResponses: { USERNAME: email },
			}),
		);
	const begun = await cognito.send(new AssociateSoftwareTokenCommand({ Session }));
	await expect(setUp(begun.Session)).rejects.toMatchObject({ name: "InvalidParameterException" });
	const UserCode = codeOf(begun.SecretCode ?? "");
	const verified = await cognito.send(new VerifySoftwareTokenCommand({ Session: begun.Session, UserCode }));
	expect((await setUp(verified.Session)).AuthenticationResult?.IdToken).toEqual(expect.any(String));
	expect((await enterPassword()).ChallengeName).toBe("SOFTWARE_TOKEN_MFA");
});

test("a pool without second factors sets up none", async () => {
	const { AccessToken } = await signIn();
	poolWith("OFF");
	await expect(cognito.send(new AssociateSoftwareTokenCommand({ AccessToken }))).rejects.toMatchObject({
		name: "SoftwareTokenMFANotFoundException",
	});
});
