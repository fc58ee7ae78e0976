import type { Environment } from "./environments.ts";

/** Addresses that nobody can have (RFC 2606). */
const reserved =
	/[@.](example\.(com|net|org)|example|test|invalid|localhost)$/i;

/** What an environment's row in `cdk.json` still lacks before it can be deployed, each a sentence. */
export function missingForDeployment({
	name,
	account,
	alarmEmail,
}: Pick<Environment, "name" | "account" | "alarmEmail">): string[] {
	const field = (path: string) => `cdk.json: environments.${name}.${path}`;
	return [
		...(account
			? []
			: [`${field("account")}: name the account (12 digits) to deploy to.`]),
		...(reserved.test(alarmEmail)
			? [
					`${field("alarmEmail")}: ${alarmEmail} is an example that nobody can have: name who is told by alarms and budget.`,
				]
			: []),
	];
}
