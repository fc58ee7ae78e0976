import { check, type GrantScenario } from "./steps.ts";

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
];
