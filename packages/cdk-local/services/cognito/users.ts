import { z } from "zod";
import { AwsError } from "../../endpoint/types.ts";
import type { UserPools } from "./store.ts";
import type { User, UserPoolClient } from "./user-pool.ts";

export const text = z.string().min(1);
export const attributeList = z.array(z.strictObject({ Name: text, Value: z.string().optional() })).default([]);

/** Finds a user. @param hidden the error for an unknown user if the client hides which users exist */
export function requireUser(pools: UserPools, client: UserPoolClient, username: string, hidden: () => AwsError): User {
	const user = pools.findUser(client.pool, username);
	if (user) return user;
	throw client.preventUserExistenceErrors
		? hidden()
		: new AwsError("UserNotFoundException", "Username/client id combination not found.");
}

export function requireUnconfirmed(user: User): void {
	if (user.status !== "UNCONFIRMED") {
		throw new AwsError("NotAuthorizedException", `User cannot be confirmed. Current status is ${user.status}`);
	}
}

export function readAttributes(
	username: string,
	list: { Name: string; Value?: string | undefined }[],
): Record<string, string> {
	if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(username) || username.length > 128) {
		throw new AwsError("InvalidParameterException", "Username should be an email.");
	}
	const attributes = Object.fromEntries(list.map(({ Name, Value }) => [Name, Value ?? ""]));
	if (attributes.email !== undefined && attributes.email.toLowerCase() !== username.toLowerCase()) {
		throw new AwsError("InvalidParameterException", "Username and the attribute email must be the same address.");
	}
	if ("sub" in attributes) {
		throw new AwsError("InvalidParameterException", "sub: Attribute cannot be updated.");
	}
	return attributes;
}

export function writeAttributes(user: User) {
	return Object.entries(user.attributes).map(([Name, Value]) => ({
		Name,
		Value,
	}));
}

/** @param member the name that the operation gives to the list of attributes */
export function describeUser(user: User, member: "Attributes" | "UserAttributes") {
	return {
		Username: user.sub,
		[member]: writeAttributes(user),
		Enabled: user.enabled,
		UserStatus: user.status,
		UserCreateDate: user.createdAt / 1_000,
		UserLastModifiedDate: user.updatedAt / 1_000,
	};
}

/** @throws AwsError `NotAuthorizedException` where an administrator disabled the user */
export function requireEnabled(user: User): void {
	if (!user.enabled) throw new AwsError("NotAuthorizedException", "User is disabled.");
}

export function userNotFound(): AwsError {
	return new AwsError("UserNotFoundException", "User does not exist.");
}

export function expiredCode(): AwsError {
	return new AwsError("ExpiredCodeException", "Invalid code provided, please request a code again.");
}
