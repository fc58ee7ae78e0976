import type { UserPoolOptions } from "../services/cognito/user-pool.ts";

/** A pool whose people sign up by themselves, with a strong password and an address that they confirm. */
export const userPoolOptions: UserPoolOptions = {
	name: "users",
	passwordPolicy: {
		minimumLength: 12,
		requireLowercase: true,
		requireUppercase: true,
		requireNumbers: true,
		requireSymbols: true,
	},
	selfSignUp: true,
	autoVerifyEmail: true,
};
