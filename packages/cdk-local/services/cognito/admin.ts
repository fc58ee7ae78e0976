import { randomBytes } from "node:crypto";
import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { notImplemented } from "../../endpoint/types.ts";
import { requireValidPassword } from "./passwords.ts";
import type { UserPools } from "./store.ts";
import type { User } from "./user-pool.ts";
import { attributeList, describeUser, readAttributes, requireUnconfirmed, text, userNotFound } from "./users.ts";

const userOfPool = { UserPoolId: text, Username: text };

/** The operations that need a signature. */
export function adminOperations(pools: UserPools) {
	const find = (input: { UserPoolId: string; Username: string }): User => {
		pools.pool(input.UserPoolId);
		const user = pools.findUser(input.UserPoolId, input.Username);
		if (!user) throw userNotFound();
		return user;
	};
	return {
		AdminCreateUser: operation(
			{
				...userOfPool,
				TemporaryPassword: z.string().optional(),
				UserAttributes: attributeList,
				MessageAction: z.literal("SUPPRESS").optional(),
			},
			async (input) => {
				const { passwordPolicy } = pools.pool(input.UserPoolId);
				const password = input.TemporaryPassword ?? `${randomBytes(18).toString("base64")}aA1!`;
				requireValidPassword(password, passwordPolicy);
				const user = await pools.createUser(
					input.UserPoolId,
					input.Username,
					password,
					readAttributes(input.Username, input.UserAttributes),
					"FORCE_CHANGE_PASSWORD",
					{ triggerSource: "PreSignUp_AdminCreateUser" },
				);
				if (!input.MessageAction) {
					pools.deliverCode(user.attributes.email ?? "", password);
				}
				return { User: describeUser(user, "Attributes") };
			},
		),
		AdminSetUserPassword: operation(
			{
				...userOfPool,
				Password: z.string(),
				Permanent: z.boolean().default(false),
			},
			async (input) => {
				const user = find(input);
				requireValidPassword(input.Password, pools.pool(user.pool).passwordPolicy);
				await pools.setPassword(user, input.Password, input.Permanent ? "CONFIRMED" : "FORCE_CHANGE_PASSWORD");
			},
		),
		AdminConfirmSignUp: operation(userOfPool, (input) => {
			const user = find(input);
			requireUnconfirmed(user);
			pools.confirm(user);
		}),
		AdminGetUser: operation(userOfPool, (input) => describeUser(find(input), "UserAttributes")),
		AdminDeleteUser: operation(userOfPool, (input) => pools.deleteUser(find(input))),
		AdminUserGlobalSignOut: operation(userOfPool, (input) => pools.signOut(find(input))),
		ListUsers: operation(
			{
				UserPoolId: text,
				Filter: z.string().optional(),
				Limit: z.int().min(0).max(60).default(60),
				PaginationToken: text.optional(),
			},
			(input) => {
				const [, name, value] = /^\s*"?([\w:]+)"?\s*=\s*"(.*)"\s*$/.exec(input.Filter ?? "") ?? [];
				if (input.Filter && !name) {
					throw notImplemented(`The ListUsers filter ${input.Filter}`);
				}
				const users = pools.listUsers(input.UserPoolId).filter((user) => !name || user.attributes[name] === value);
				const start = input.PaginationToken ? users.findIndex((user) => user.sub === input.PaginationToken) + 1 : 0;
				const page = users.slice(start, start + input.Limit);
				const more = start + page.length < users.length;
				return {
					Users: page.map((user) => describeUser(user, "Attributes")),
					...(more ? { PaginationToken: page.at(-1)?.sub } : {}),
				};
			},
		),
	};
}
