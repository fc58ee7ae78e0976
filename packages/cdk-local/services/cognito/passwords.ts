import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { AwsError } from "../../endpoint/types.ts";

export interface PasswordPolicy {
	minimumLength: number;
	requireLowercase: boolean;
	requireUppercase: boolean;
	requireNumbers: boolean;
	requireSymbols: boolean;
}

/** @throws AwsError `InvalidPasswordException` with the first broken rule in Cognito's order */
export function requireValidPassword(password: string, policy: PasswordPolicy): void {
	const brokenRule = [
		[password.length < policy.minimumLength, "Password not long enough"],
		[password.length > 256, "Password too long"],
		[policy.requireLowercase && !/[a-z]/.test(password), "Password must have lowercase characters"],
		[policy.requireUppercase && !/[A-Z]/.test(password), "Password must have uppercase characters"],
		[policy.requireNumbers && !/[0-9]/.test(password), "Password must have numeric characters"],
		[
			policy.requireSymbols && !/[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+\- ]/.test(password),
			"Password must have symbol characters",
		],
	].find(([isBroken]) => isBroken);
	if (brokenRule) {
		throw new AwsError("InvalidPasswordException", `Password did not conform with policy: ${brokenRule[1]}`);
	}
}

/** Returns the salted hash of a password. */
export async function hashPassword(password: string): Promise<string> {
	const salt = randomBytes(16);
	const hash = await derive(password, salt);
	return `${salt.toString("base64url")}.${hash.toString("base64url")}`;
}

/** Verifies a password. It takes as long without a hash, so that timing does not reveal accounts. */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
	const [salt = "", hash = ""] = (stored ?? "").split(".");
	const derived = await derive(password, Buffer.from(salt, "base64url"));
	const expected = Buffer.from(hash, "base64url");
	return expected.length === derived.length && timingSafeEqual(expected, derived);
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
	return new Promise((resolve, reject) => {
		scrypt(password, salt, 32, (error, key) => (error ? reject(error) : resolve(key)));
	});
}
