import type { CollectionsClient } from "#client/index.ts";
import type { GrantsCloud } from "./grants-cloud.ts";
import { check, type GrantScenario, owner, put, uploaded, withholding } from "./steps.ts";

const leave = async (user: CollectionsClient) => {
	const body = { confirm: "delete my account" };
	return (await user.call<{ status: string }>("DELETE", "/account", body)).status;
};

/** Makes a person with an item, a chat, a kept answer and an archive. */
async function newPerson(system: GrantsCloud, signal: AbortSignal): Promise<CollectionsClient> {
	const user = await system.newUser();
	await uploaded({ ...system, user }, signal);
	await user.call("POST", "/chat", { message: "What is in my picture?", session_id: "mine" });
	await put(system, `exports/${owner({ ...system, user })}/job/items-000000.tar`);
	return user;
}

/** Scenarios of a person's own account. */
export const peopleScenarios: GrantScenario[] = [
	{
		name: "a fresh api tells a person their own address",
		run: async ({ cold, outputs, newUser }) => {
			await cold(String(outputs.ApiFunctionName));
			const { email } = await (await newUser()).call<{ email: string | null }>("GET", "/me");
			check(email?.includes("@") ?? false, `the address is told (${email})`);
		},
	},
	{
		name: "an administrator lists people, and moves one to another tier, disables them, and takes both back",
		run: async ({ newUser }) => {
			const admin = await newUser("admin");
			const { users } = await admin.call<{ users: { sub: string }[] }>("GET", "/admin/users");
			for (const tier of ["pro", "free"]) {
				const changed = await admin.call<{ tier: string }>("PATCH", `/admin/users/${users[0]?.sub}`, { tier });
				check(changed.tier === tier, `the person is of the tier ${tier} (${changed.tier})`);
			}
			for (const disabled of [true, false]) {
				const changed = await admin.call<{ disabled: boolean }>("PATCH", `/admin/users/${users[0]?.sub}`, { disabled });
				check(changed.disabled === disabled, `the person is disabled or not (${changed.disabled})`);
			}
		},
	},
	{
		name: "a person leaves at once",
		run: async (system, signal) => {
			const status = await leave(await newPerson(system, signal));
			check(status === "deleted", `everything is gone (${status})`);
		},
	},
	{
		name: "the sweeper finishes what a person's leaving left",
		run: async (system, signal) => {
			const user = await newPerson(system, signal);
			await withholding(system, /ApiRole.* cognito-idp:AdminUserGlobalSignOut /, async () => {
				const status = await leave(user);
				check(status === "deleting", `the rest is left (${status})`);
			});
			const { control } = system;
			await control.sql("update deleted_accounts set due_at = now()");
			await control.sweepNow();
			const left = await control.sql("select user_id from deleted_accounts where emptied_at is null");
			check(left.length === 0, "nothing is left");
		},
	},
];
