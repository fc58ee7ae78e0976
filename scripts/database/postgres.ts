import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { outputs } from "../deploy/outputs-file.ts";
import type { Target } from "../environment/target.ts";

/** The address of an environment's Postgres, and the application's login. */
interface Login {
	host: string;
	port: number;
	database: string;
	username: string;
	password: string;
	/** `off` only in environment local. */
	tls: "verify-full" | "off";
}

/** Reads the login that the application's functions use. */
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
