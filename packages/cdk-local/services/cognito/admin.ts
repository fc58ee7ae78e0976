import { randomBytes } from "node:crypto";
import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { notImplemented } from "../../endpoint/types.ts";
import type { Group } from "./groups.ts";
import { requireValidPassword } from "./passwords.ts";
import type { UserPools } from "./store.ts";
import type { User } from "./user-pool.ts";
import { attributeList, describeUser, readAttributes, requireUnconfirmed, text, userNotFound } from "./users.ts";

const userOfPool = { UserPoolId: text, Username: text };
const paging = { Limit: z.int().min(0).max(60).default(60), NextToken: text.optional() };

/** Returns the entries after the one that a token names, and the token of the page after them. */
function pageOf<T>(entries: T[], idOf: (entry: T) => string, after: string | undefined, limit: number) {
	const start = after === undefined ? 0 : entries.findIndex((entry) => idOf(entry) === after) + 1;
	const page = entries.slice(start, start + limit);
	const last = page.at(-1);
	return { page, next: last && start + page.length < entries.length ? idOf(last) : undefined };
}

const describeGroup = ({ pool, name, description, precedence, createdAt, updatedAt }: Group) => ({
	GroupName: name,
	UserPoolId: pool,
	...(description !== null && { Description: description }),
	...(precedence !== null && { Precedence: precedence }),
	CreationDate: createdAt / 1_000,
	LastModifiedDate: updatedAt / 1_000,
});

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
		AdminDisableUser: operation(userOfPool, (input) => pools.enable(find(input), false)),
		AdminEnableUser: operation(userOfPool, (input) => pools.enable(find(input), true)),
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
				const { page, next } = pageOf(users, ({ sub }) => sub, input.PaginationToken, input.Limit);
				return {
					Users: page.map((user) => describeUser(user, "Attributes")),
					...(next !== undefined && { PaginationToken: next }),
				};
			},
		),
		AdminAddUserToGroup: operation({ ...userOfPool, GroupName: text }, (input) =>
			pools.groups.add(input.GroupName, find(input)),
		),
		AdminRemoveUserFromGroup: operation({ ...userOfPool, GroupName: text }, (input) =>
			pools.groups.remove(input.GroupName, find(input)),
		),
		AdminListGroupsForUser: operation({ ...userOfPool, ...paging }, (input) => {
			const groups = pools.groups.of(find(input));
			const { page, next } = pageOf(groups, ({ name }) => name, input.NextToken, input.Limit);
			return { Groups: page.map(describeGroup), ...(next !== undefined && { NextToken: next }) };
		}),
		ListUsersInGroup: operation({ UserPoolId: text, GroupName: text, ...paging }, (input) => {
			const users = pools.listUsers(input.UserPoolId);
			const members = pools.groups.members(input.UserPoolId, input.GroupName);
			const inGroup = users.filter(({ sub }) => members.has(sub));
			const { page, next } = pageOf(inGroup, ({ sub }) => sub, input.NextToken, input.Limit);
			return {
				Users: page.map((user) => describeUser(user, "Attributes")),
				...(next !== undefined && { NextToken: next }),
			};
		}),
	};
}
