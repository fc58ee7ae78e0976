import {
	AdminAddUserToGroupCommand,
	AdminDeleteUserCommand,
	AdminListGroupsForUserCommand,
	AdminRemoveUserFromGroupCommand,
	ListUsersInGroupCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { Password, UserPoolId, useUserPool } from "./cognito-user-pool.ts";

const { apis, cognito, nextPerson, initiate, signIn, signUp, member } = await useUserPool();
let email: string;
beforeEach(async () => {
	email = nextPerson();
	await member();
	for (const { sub } of apis.pools.listUsers(UserPoolId)) {
		for (const GroupName of ["gold", "silver", "staff"]) await remove(GroupName, sub);
	}
});

apis.pools.groups.ensure({ pool: UserPoolId, name: "staff", description: null, precedence: null });
apis.pools.groups.ensure({ pool: UserPoolId, name: "silver", description: "Pays", precedence: 2 });
apis.pools.groups.ensure({ pool: UserPoolId, name: "gold", description: null, precedence: 1 });

const add = (GroupName: string, Username = email) =>
	cognito.send(new AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName }));
const remove = (GroupName: string, Username = email) =>
	cognito.send(new AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName }));
const groups = async () => {
	const { Groups } = await cognito.send(new AdminListGroupsForUserCommand({ UserPoolId, Username: email }));
	return Groups?.map(({ GroupName }) => GroupName);
};

describe("a group", () => {
	test("is in the tokens of its members, the one that comes first before the others", async () => {
		const { RefreshToken, ...none } = await signIn();
		for (const token of [none.IdToken, none.AccessToken]) expect(decodeJwt(token)).not.toHaveProperty("cognito:groups");
		for (const name of ["staff", "silver", "gold"]) await add(name);
		const ordered = ["gold", "silver", "staff"];
		expect(await groups()).toEqual(ordered);
		const { AuthenticationResult } = await initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken });
		for (const token of [AuthenticationResult?.IdToken, AuthenticationResult?.AccessToken]) {
			expect(decodeJwt(token ?? "")["cognito:groups"]).toEqual(ordered);
		}
		await remove("gold");
		expect(decodeJwt((await signIn()).IdToken)["cognito:groups"]).toEqual(["silver", "staff"]);
	});

	test("has a person once, and loses one who is not in it without an error", async () => {
		await add("gold");
		await add("gold");
		expect(await groups()).toEqual(["gold"]);
		await remove("gold");
		await remove("gold");
		expect(await groups()).toEqual([]);
	});

	test("has nobody who was deleted", async () => {
		await add("gold");
		await cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username: email }));
		expect((await cognito.send(new ListUsersInGroupCommand({ UserPoolId, GroupName: "gold" }))).Users).toEqual([]);
	});

	test("lists its members, and a person their groups, page by page", async () => {
		const others = ["group-1@example.com", "group-2@example.com"];
		for (const other of others) {
			await signUp(Password, other);
			await add("staff", other);
		}
		await add("staff");
		await add("gold");
		const first = await cognito.send(new ListUsersInGroupCommand({ UserPoolId, GroupName: "staff", Limit: 2 }));
		const { NextToken } = first;
		const second = await cognito.send(
			new ListUsersInGroupCommand({ UserPoolId, GroupName: "staff", Limit: 2, NextToken }),
		);
		const people = [...(first.Users ?? []), ...(second.Users ?? [])].map(
			({ Attributes }) => Attributes?.find(({ Name }) => Name === "email")?.Value,
		);
		expect(new Set(people)).toEqual(new Set([email, ...others]));
		expect(second.NextToken).toBeUndefined();
		const gold = await cognito.send(new AdminListGroupsForUserCommand({ UserPoolId, Username: email, Limit: 1 }));
		expect(gold.Groups?.map(({ GroupName, Precedence }) => [GroupName, Precedence])).toEqual([["gold", 1]]);
		const staff = await cognito.send(
			new AdminListGroupsForUserCommand({ UserPoolId, Username: email, Limit: 1, NextToken: gold.NextToken }),
		);
		expect(staff.Groups?.map(({ GroupName }) => GroupName)).toEqual(["staff"]);
	});

	test("must exist, and so must the person", async () => {
		await expect(add("bronze")).rejects.toMatchObject({
			name: "ResourceNotFoundException",
			message: "Group not found.",
		});
		await expect(cognito.send(new ListUsersInGroupCommand({ UserPoolId, GroupName: "bronze" }))).rejects.toMatchObject({
			name: "ResourceNotFoundException",
		});
		await expect(add("gold", "nobody@example.com")).rejects.toMatchObject({ name: "UserNotFoundException" });
	});
});
