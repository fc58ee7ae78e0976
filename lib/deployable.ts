import type { Environment } from "./environments.ts";

/** Addresses that cannot exist (RFC 2606). */
const reserved = /(^|[@.])(example\.(com|net|org)|example|test|invalid|localhost)$/i;

/** Returns what an environment's row in `cdk.json` lacks for a deployment, each as a sentence. */
export function missingForDeployment({
	name,
	account,
	alarmEmail,
	mail,
	corsOrigins,
}: Pick<Environment, "name" | "account" | "alarmEmail" | "mail" | "corsOrigins">): string[] {
	const field = (path: string) => `cdk.json: environments.${name}.${path}`;
	// A page under development may call a deployed API.
	const exampleOrigins = corsOrigins.filter((origin) => {
		const { hostname } = new URL(origin);
		return hostname !== "localhost" && reserved.test(hostname);
	});
	return [
		...(account ? [] : [`${field("account")}: name the account (12 digits) to deploy to.`]),
		...(reserved.test(alarmEmail)
			? [
					`${field("alarmEmail")}: ${alarmEmail} is an example address that cannot exist: set the address that receives alarms and budget notices.`,
				]
			: []),
		...(mail && reserved.test(mail.from)
			? [
					`${field("mail.from")}: ${mail.from} is an example address that cannot exist: set the sender of the pool's mails.`,
				]
			: []),
		...exampleOrigins.map(
			(origin) =>
				`${field("corsOrigins")}: ${origin} is an example that cannot exist: name the web pages that may call the API.`,
		),
	];
}
