// make cognito-setup: creates a confirmed user with a password, or sets a new password for an existing user.
import { ensureUser } from "#deployment/users.ts";
import { outputs } from "../deploy/outputs-file.ts";
import { askPassword } from "../environment/confirm.ts";
import { operate } from "../environment/target.ts";

await operate(async (target) => {
	const { EMAIL, PASSWORD } = process.env;
	if (!EMAIL) {
		throw new Error("EMAIL is missing: run make cognito-setup EMAIL=you@example.com");
	}
	const password = PASSWORD || (await askPassword(EMAIL));
	await ensureUser(await outputs(target), target.client.credentials, EMAIL, password);
	console.log(`${EMAIL} may sign in: make -s token ENV=${target.name} EMAIL=${EMAIL}`);
});
