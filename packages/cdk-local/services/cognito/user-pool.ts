import type { PasswordPolicy } from "./passwords.ts";

/** Settings of a pool whose users sign in by e-mail address. */
export interface UserPoolOptions {
	name: string;
	passwordPolicy: PasswordPolicy;
	/** Lets anyone sign up. */
	selfSignUp: boolean;
	/** Sends a code at sign-up; confirming it also verifies the address. */
	autoVerifyEmail: boolean;
	/** Of an authenticator app: whoever set one up signs in with it, or everybody must. @default "OFF" */
	mfa?: "OFF" | "OPTIONAL" | "ON";
	/** The ARN of the function that may refuse a new user. @default none */
	preSignUp?: string | undefined;
}

export interface UserPoolClientOptions {
	/** As in the template: `ALLOW_USER_PASSWORD_AUTH`, `ALLOW_REFRESH_TOKEN_AUTH` ... */
	explicitAuthFlows: string[];
	/** @default 3600 */
	idTokenSeconds?: number;
	/** @default 3600 */
	accessTokenSeconds?: number;
	/** @default 30 days */
	refreshTokenSeconds?: number;
	/** Rotates refresh tokens: the one that was used stays valid for these seconds. @default null, which rotates none */
	refreshTokenGraceSeconds?: number | null;
	/** Answers for an unknown user as for a wrong password. @default true */
	preventUserExistenceErrors?: boolean;
}

export interface UserPoolClient extends Required<UserPoolClientOptions> {
	id: string;
	pool: string;
}

export type UserStatus = "UNCONFIRMED" | "CONFIRMED" | "FORCE_CHANGE_PASSWORD";

export interface User {
	pool: string;
	/** Also the username, as in every pool with sign-in by address. */
	sub: string;
	status: UserStatus;
	passwordHash: string | null;
	/** An administrator may disable a user, who then gets no tokens. */
	enabled: boolean;
	/** All strings, also `email_verified`. */
	attributes: Record<string, string>;
	/** Milliseconds since 1970. */
	createdAt: number;
	updatedAt: number;
}
