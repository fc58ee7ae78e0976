// make token: prints an ID token and nothing else.
import { readOutputs } from "#cli/outputs.ts";
import { main } from "#cli/progress.ts";
import { signIn } from "#cli/users.ts";
import { demoPasswords, localUsersFile } from "./local.ts";

await main(async () => {
	const environment = process.env.ENV || "local";
	const email = process.env.EMAIL;
	if (!email)
		throw new Error("EMAIL is missing: make token EMAIL=you@example.com");
	const outputs = await readOutputs(environment);
	const password =
		process.env.PASSWORD ||
		(environment === "local" ? (await demoPasswords())[email] : undefined);
	if (!password) {
		throw new Error(
			environment === "local"
				? `${email} is not in ${localUsersFile}: use a demo user, or give PASSWORD in the environment.`
				: `The password of ${email} is missing: give PASSWORD in the environment.`,
		);
	}
	console.log(await signIn(outputs, email, password));
});
