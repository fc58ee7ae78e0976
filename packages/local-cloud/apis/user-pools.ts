import type { State } from "../state.ts";
import type { AwsApi } from "../types.ts";
export interface UserPoolOptions {
	name: string;
	passwordPolicy: PasswordPolicy;
	/** Whether anyone may sign up. */
	selfSignUp: boolean;
	/** Whether a confirmed code also verifies the address. */
	autoVerifyEmail: boolean;
}
export interface PasswordPolicy {
	minimumLength: number;
	requireLowercase: boolean;
	requireUppercase: boolean;
	requireNumbers: boolean;
	requireSymbols: boolean;
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
	/** Answers for an unknown user like for a wrong password. @default true */
	preventUserExistenceErrors?: boolean;
}
export class UserPools {
	readonly api!: AwsApi;
	constructor(_state: State, _hooks: { deliverCode(email: string, code: string): void; endpoint?: () => string }) {}
	/** `id` like `us-east-1_AbCdEfGhI`. */
	ensurePool(_id: string, _options: UserPoolOptions): { arn: string; providerUrl: string; providerName: string } { throw new Error(); }
	ensureClient(_poolId: string, _clientId: string, _options: UserPoolClientOptions): void {}
	jwks(_poolId: string): { keys: JsonWebKey[] } { throw new Error(); }
}
export interface JsonWebKey { kid: string; alg: string; use: string; kty: string; n: string; e: string }
