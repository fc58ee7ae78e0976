import { CognitoIdentityProviderClient, paginateListUsers } from "@aws-sdk/client-cognito-identity-provider";
import { outputs } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";

/** Returns the id by which an environment knows the person with this address. @throws where nobody has it */
export async function subOf(target: Target, email: string): Promise<string> {
	const { UserPoolId } = await outputs(target);
	const client = new CognitoIdentityProviderClient(target.client);
	for await (const { Users = [] } of paginateListUsers({ client }, { UserPoolId })) {
		for (const { Attributes = [] } of Users) {
			const value = (name: string) => Attributes.find(({ Name }) => Name === name)?.Value;
			const sub = value("sub");
			if (sub && value("email")?.toLowerCase() === email.toLowerCase()) return sub;
		}
	}
	throw new Error(
		`${email} is no user of environment ${target.name}: make cognito-setup ENV=${target.name} EMAIL=${email} creates one.`,
	);
}
