// make cognito-list: lists the users who may sign in.
import { CognitoIdentityProviderClient, paginateListUsers } from "@aws-sdk/client-cognito-identity-provider";
import { printTable } from "#deployment/table.ts";
import { outputs } from "../deploy/outputs-file.ts";
import { operate } from "../environment/target.ts";

await operate(async (target) => {
	const { UserPoolId } = await outputs(target);
	const client = new CognitoIdentityProviderClient(target.client);
	const rows: Record<string, string>[] = [];
	for await (const { Users = [] } of paginateListUsers({ client }, { UserPoolId })) {
		for (const user of Users) {
			const attribute = (name: string) => user.Attributes?.find(({ Name }) => Name === name)?.Value ?? "";
			rows.push({
				email: attribute("email"),
				sub: attribute("sub") || (user.Username ?? ""),
				status: user.UserStatus ?? "",
				created: user.UserCreateDate?.toISOString().slice(0, 10) ?? "",
			});
		}
	}
	printTable(rows);
	console.log(`\n${rows.length} users in ${UserPoolId}.`);
});
