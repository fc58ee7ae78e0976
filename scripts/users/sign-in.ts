import type { CognitoSession } from "#client/index.ts";
import { type Outputs, readOutputs } from "#deployment/outputs.ts";
import { signIn } from "#deployment/users.ts";
import { demoPasswords, localUsersFile } from "#tools/local/local-environment.ts";
import { environmentNamed } from "../environment/target.ts";

/** Signs in to an environment: locally as a demo user, elsewhere with PASSWORD. @throws if the password is missing */
export async function signedIn(
	environment: string,
	email: string,
): Promise<{ outputs: Outputs; session: CognitoSession }> {
	await environmentNamed(environment);
	const outputs = await readOutputs(environment);
	const password = process.env.PASSWORD || (environment === "local" ? (await demoPasswords())[email] : undefined);
	if (!password) {
		throw new Error(
			environment === "local"
				? `${email} is not in ${localUsersFile}: use a demo user, or set PASSWORD in the environment.`
				: `The password of ${email} is missing: set PASSWORD in the environment.`,
		);
	}
	return { outputs, session: await signIn(outputs, email, password) };
}
