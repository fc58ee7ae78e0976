import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { outputs } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";

/** Where an environment's Postgres is, and the application's login. */
export interface Login {
	host: string;
	port: number;
	database: string;
	username: string;
	password: string;
	/** `off` in environment local alone. */
	tls: "verify-full" | "off";
}

/** The application's login, as its functions read it. */
export async function applicationLogin(target: Target): Promise<Login> {
	const settings = await outputs(target);
	const { SecretString = "{}" } = await new SecretsManagerClient(target.client).send(
		new GetSecretValueCommand({ SecretId: settings.DatabaseSecretArn }),
	);
	const [host = "", port = "5432"] = settings.DatabaseEndpoint.split(":");
	return {
		...(JSON.parse(SecretString) as { username: string; password: string }),
		host,
		port: Number(port),
		database: settings.DatabaseName,
		tls: target.environment.database.tls,
	};
}
