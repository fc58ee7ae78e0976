// make db-rotate: sets new passwords for the application's and the migrations' role. RDS rotates the master's.
import { randomBytes } from "node:crypto";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { outputs } from "../deploy/outputs-file.ts";
import { confirm } from "../environment/confirm.ts";
import { operate } from "../environment/target.ts";
import { migrate } from "./migrate.ts";

await operate(async (target) => {
	const { client, name } = target;
	const { MigrationFunctionName } = await outputs(target);
	const { Environment } = await new LambdaClient(client).send(
		new GetFunctionConfigurationCommand({
			FunctionName: MigrationFunctionName,
		}),
	);
	const secrets = ["APPLICATION_SECRET_ARN", "MIGRATION_SECRET_ARN"].map(
		(variable) => Environment?.Variables?.[variable] ?? "",
	);
	await confirm(`Change the passwords of both Postgres roles of environment ${name}?`, "yes");
	// Proves that the migration function works before the secrets change, since it must apply the new passwords.
	await migrate(client, MigrationFunctionName, name);
	const manager = new SecretsManagerClient(client);
	for (const SecretId of secrets) {
		const { SecretString } = await manager.send(new GetSecretValueCommand({ SecretId }));
		await manager.send(
			new PutSecretValueCommand({
				SecretId,
				SecretString: JSON.stringify({
					...JSON.parse(SecretString ?? "{}"),
					password: randomBytes(30).toString("hex").slice(0, 40),
				}),
			}),
		);
	}
	// Until this call ends, Postgres refuses the new passwords for some seconds, and functions retry.
	await migrate(client, MigrationFunctionName, name).catch((cause) => {
		throw new Error(
			`The secrets have new passwords, and Postgres still has the old ones: run make db-migrate ENV=${name} until it succeeds.\n${cause.message}`,
			{ cause },
		);
	});
	console.log("Both roles have new passwords; functions read them when Postgres refuses the old ones.");
});
