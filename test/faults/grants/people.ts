import { createHmac } from "node:crypto";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import type { CollectionsClient } from "#client/index.ts";
import { type GrantsCloud, stripeSecretName } from "./grants-cloud.ts";
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
			await admin.call("GET", "/admin/usage");
			for (const tier of ["pro", "free"]) {
				const changed = await admin.call<{ tier: string }>("PATCH", `/admin/users/${users[0]?.sub}`, { tier });
				check(changed.tier === tier, `the person is of the tier ${tier} (${changed.tier})`);
			}
			for (const limits of [{ messages: { day: 5 } }, null]) {
				const changed = await admin.call<{ limits: object | null }>("PATCH", `/admin/users/${users[0]?.sub}`, {
					limits,
				});
				check(JSON.stringify(changed.limits) === JSON.stringify(limits), "the person has quotas of their own or not");
			}
			for (const disabled of [true, false]) {
				const changed = await admin.call<{ disabled: boolean }>("PATCH", `/admin/users/${users[0]?.sub}`, { disabled });
				check(changed.disabled === disabled, `the person is disabled or not (${changed.disabled})`);
			}
		},
	},
	{
		name: "a person who pays, as Stripe tells, is moved to another tier",
		run: async (system) => {
			const { cold, outputs, newUser, secrets } = system;
			const signingSecret = "whsec_of_the_test";
			const created = { Name: stripeSecretName, SecretString: signingSecret };
			await secrets.send(new CreateSecretCommand(created)).catch((error: Error) => {
				if (error.name !== "ResourceExistsException") throw error;
			});
			// A sandbox that found no secret would remember that for five minutes.
			await cold(String(outputs.ApiFunctionName));
			const [user, admin] = [await newUser(), await newUser("admin")];
			const sub = owner({ ...system, user });
			const [customer, time] = [`cus_${sub}`, Math.floor(Date.now() / 1_000)];
			const send = async (id: string, type: string, object: object) => {
				const body = JSON.stringify({ id: `${id}_${sub}`, created: time, type, data: { object } });
				const v1 = createHmac("sha256", signingSecret).update(`${time}.${body}`).digest("hex");
				const headers = { "content-type": "application/json", "stripe-signature": `t=${time},v1=${v1}` };
				const response = await fetch(`${outputs.ApiUrl}/webhooks/stripe`, { method: "POST", headers, body });
				return ((await response.json()) as { outcome?: string }).outcome;
			};
			const paid = { id: `sub_${sub}`, customer, status: "active" };
			const items = { data: [{ price: { id: "price_pro", product: "prod_1" } }] };
			const waiting = await send("evt_1", "customer.subscription.created", { ...paid, items });
			check(waiting === "waiting", `the payer is not known yet (${waiting})`);
			const checkout = { mode: "subscription", customer, client_reference_id: sub };
			const moved = await send("evt_2", "checkout.session.completed", checkout);
			check(moved === "moved", `the payer is moved (${moved})`);
			const repeated = await send("evt_2", "checkout.session.completed", checkout);
			check(repeated === "repeated", `the event counts once (${repeated})`);
			const { tier } = await admin.call<{ tier: string }>("GET", `/admin/users/${sub}`);
			check(tier === "pro", `the person has the tier that they pay for (${tier})`);
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
