import { AdminGetUserCommand, CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cognitoUserPool } from "#aws/user-pool.ts";
import { type Apis, startApis, userPoolOptions } from "#cdk-local/testing/index.ts";
import { ownQuotasGroup, type Tier } from "#core/limits/tiers.ts";
import { stubFunctionEnv } from "../support/function-env.ts";

const poolId = "eu-central-1_TestPool1";
let apis: Apis;

beforeAll(async () => {
	apis = await startApis();
	apis.pools.ensurePool(poolId, userPoolOptions);
	stubFunctionEnv(apis);
});
afterAll(async () => {
	vi.unstubAllEnvs();
	await apis.destroy();
});

const person = async (email: string) =>
	(
		await apis.pools.createUser(poolId, email, "Correct-horse-1", {}, "CONFIRMED", {
			triggerSource: "PreSignUp_SignUp",
		})
	).sub;

describe("the user pool", () => {
	it("tells a person's address, from memory for some minutes", async () => {
		const pool = cognitoUserPool(poolId);
		const sub = await person("ada@example.com");
		expect(await pool.email(sub)).toBe("ada@example.com");
		await cognitoUserPool(poolId).delete(sub);
		expect(await pool.email(sub)).toBe("ada@example.com");
		expect(await cognitoUserPool(poolId).email(sub)).toBeNull();
	});

	it("moves a person between tiers, and out of no other group", async () => {
		for (const name of ["pro", "team", "staff"])
			apis.pools.groups.ensure({ pool: poolId, name, description: null, precedence: null });
		const pool = cognitoUserPool(poolId);
		const sub = await person("tiers@example.com");
		const user = apis.pools.findUser(poolId, sub);
		if (user) apis.pools.groups.add("staff", user);
		const groupsAfter = async (tier: Tier) => {
			await pool.setTier(sub, tier);
			return pool.groups(sub);
		};
		expect(await groupsAfter("pro")).toEqual(["pro", "staff"]);
		expect(await groupsAfter("pro")).toEqual(["pro", "staff"]);
		expect(await groupsAfter("team")).toEqual(["staff", "team"]);
		expect(await groupsAfter("free")).toEqual(["staff"]);
		await pool.delete(sub);
		await pool.setTier(sub, "team");
		expect(await pool.groups(sub)).toBeNull();
	});

	it("has a person's tokens say that they have quotas of their own, whatever their tier", async () => {
		for (const name of ["pro", ownQuotasGroup])
			apis.pools.groups.ensure({ pool: poolId, name, description: null, precedence: null });
		const pool = cognitoUserPool(poolId);
		const sub = await person("own-quotas@example.com");
		for (const hasOwn of [false, true, true]) await pool.setHasOwnQuotas(sub, hasOwn);
		await pool.setTier(sub, "pro");
		expect(await pool.groups(sub)).toEqual([ownQuotasGroup, "pro"]);
		await pool.setHasOwnQuotas(sub, false);
		expect(await pool.groups(sub)).toEqual(["pro"]);
		await pool.delete(sub);
		await pool.setHasOwnQuotas(sub, true);
		expect(await pool.groups(sub)).toBeNull();
	});

	it("lists everybody page by page, and finds one with their tier", async () => {
		apis.pools.groups.ensure({ pool: poolId, name: "admin", description: null, precedence: null });
		const pool = cognitoUserPool(poolId);
		const sub = await person("listed@example.com");
		const user = apis.pools.findUser(poolId, sub);
		if (user) apis.pools.groups.add("admin", user);
		const subs: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await pool.list({ limit: 1, cursor });
			subs.push(...page.people.map(({ userId }) => userId));
			cursor = page.nextCursor ?? undefined;
		} while (cursor);
		expect(subs).toEqual(apis.pools.listUsers(poolId).map((each) => each.sub));
		expect(await pool.find(sub)).toEqual({
			userId: sub,
			email: "listed@example.com",
			isConfirmed: true,
			isDisabled: false,
			createdAt: expect.any(Date),
			tier: "free",
			isAdmin: true,
		});
		for (const isDisabled of [true, false]) {
			await pool.setDisabled(sub, isDisabled);
			expect(await pool.find(sub)).toMatchObject({ isDisabled });
		}
		await pool.delete(sub);
		await pool.setDisabled(sub, true);
		expect(await pool.find(sub)).toBeNull();
	});

	it("deletes a person, again without an error, and lets the address sign up as another", async () => {
		const pool = cognitoUserPool(poolId);
		const sub = await person("bob@example.com");
		await pool.signOut(sub);
		await pool.delete(sub);
		await pool.delete(sub);
		await pool.signOut(sub);
		const client = new CognitoIdentityProviderClient(apis.client);
		await expect(client.send(new AdminGetUserCommand({ UserPoolId: poolId, Username: sub }))).rejects.toMatchObject({
			name: "UserNotFoundException",
		});
		expect(await person("bob@example.com")).not.toBe(sub);
	});

	it("passes on every other failure, and does not remember it", async () => {
		const sub = await person("eve@example.com");
		await expect(cognitoUserPool("eu-central-1_Nothing00").email(sub)).rejects.toThrow();
		await expect(cognitoUserPool("eu-central-1_Nothing00").delete(sub)).rejects.toThrow();
	});
});
