import { randomBytes } from "node:crypto";
import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { AwsError } from "../../endpoint/types.ts";
import { userOfToken } from "./access-tokens.ts";
import type { CodePurpose } from "./codes.ts";
import type { UserPools } from "./store.ts";
import type { User } from "./user-pool.ts";
import { text } from "./users.ts";

const purposes = { SOFTWARE_TOKEN_MFA: "totp", MFA_SETUP: "totp-setup" } as const satisfies Record<string, CodePurpose>;
type Factor = keyof typeof purposes;

/** Either of a signed-in person, or of one who must set up an app before their first tokens. */
const identity = { AccessToken: text.optional(), Session: text.optional() };
type Identity = { AccessToken?: string | undefined; Session?: string | undefined };

export const isFactor = (challenge: string): challenge is Factor => Object.hasOwn(purposes, challenge);

/** The operations by which people set up an authenticator app. */
export function mfaOperations(pools: UserPools) {
	return {
		AssociateSoftwareToken: operation(identity, async (input) => {
			const user = await identify(pools, input);
			requireMfa(pools, user);
			return { SecretCode: pools.softwareTokens.associate(user), ...renewed(pools, user, input) };
		}),
		VerifySoftwareToken: operation(
			{ ...identity, UserCode: z.string().regex(/^[0-9]+$/), FriendlyDeviceName: z.string().optional() },
			async (input) => {
				const user = await identify(pools, input);
				requireMfa(pools, user);
				pools.softwareTokens.verify(user, input.UserCode);
				return { Status: "SUCCESS", ...renewed(pools, user, input) };
			},
		),
		SetUserMFAPreference: operation(
			{
				AccessToken: text,
				SoftwareTokenMfaSettings: z
					.strictObject({ Enabled: z.boolean().default(false), PreferredMfa: z.boolean().default(false) })
					.optional(),
			},
			async (input) => {
				const user = await userOfToken(pools, input.AccessToken);
				if (!input.SoftwareTokenMfaSettings) return;
				requireMfa(pools, user);
				pools.softwareTokens.prefer(user, input.SoftwareTokenMfaSettings.Enabled);
			},
		),
	};
}

/** Returns the challenge that follows a right password; undefined where none does. */
export function secondFactor(pools: UserPools, user: User) {
	const { mfa = "OFF" } = pools.pool(user.pool);
	if (mfa === "OFF" || (mfa === "OPTIONAL" && !pools.softwareTokens.isEnabled(user))) return undefined;
	const ChallengeName: Factor = pools.softwareTokens.isVerified(user) ? "SOFTWARE_TOKEN_MFA" : "MFA_SETUP";
	return {
		ChallengeName,
		ChallengeParameters: {
			USER_ID_FOR_SRP: user.sub,
			...(ChallengeName === "MFA_SETUP" && { MFAS_CAN_SETUP: '["SOFTWARE_TOKEN_MFA"]' }),
		},
		Session: newSession(pools, user, purposes[ChallengeName]),
	};
}

/** @throws AwsError where the session or the code is not valid; a wrong code leaves the session for another attempt */
export function answerFactor(pools: UserPools, user: User, factor: Factor, session: string, code: string): void {
	const purpose = purposes[factor];
	if (pools.codes.ownerOf(purpose, session)?.sub !== user.sub) throw invalidSession();
	pools.codes.check(user, purpose, session);
	if (factor === "SOFTWARE_TOKEN_MFA") pools.softwareTokens.use(user, code);
	else pools.softwareTokens.prefer(user, true);
	pools.codes.consume(user, purpose, session);
}

async function identify(pools: UserPools, { AccessToken, Session }: Identity): Promise<User> {
	if (AccessToken) return userOfToken(pools, AccessToken);
	const owner = Session && pools.codes.ownerOf("totp-setup", Session);
	const user = owner && pools.findUser(owner.pool, owner.sub);
	if (!user) throw invalidSession();
	return user;
}

/** A session is valid for one step of the set-up. */
const renewed = (pools: UserPools, user: User, { AccessToken }: Identity) =>
	AccessToken ? {} : { Session: newSession(pools, user, "totp-setup") };

const newSession = (pools: UserPools, user: User, purpose: CodePurpose) =>
	pools.codes.issue(user, purpose, randomBytes(32).toString("base64url"));

function requireMfa(pools: UserPools, user: User): void {
	if ((pools.pool(user.pool).mfa ?? "OFF") !== "OFF") return;
	throw new AwsError("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool");
}

const invalidSession = () =>
	new AwsError("NotAuthorizedException", "Invalid session for the user, session is expired.");
