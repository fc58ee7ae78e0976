import { readFile } from "node:fs/promises";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { ClientSettings } from "#deployment/client-settings.ts";
import { readOutputs } from "#deployment/outputs.ts";
import { main } from "#deployment/progress.ts";
import type { Environment } from "#lib/environments.ts";
import { readEnvironment } from "#lib/read-environment.ts";
import { localDirectory, operatorOf } from "#tools/local/local-environment.ts";
import { withRemedy } from "./aws-errors.ts";

/** The environment that a make target works on, named by `ENV`. */
export interface Target {
	environment: Environment;
	/** `dev`, `test`, `prod` or `local`. */
	name: Environment["name"];
	isLocal: boolean;
	client: ClientSettings;
}

/** Runs the body of a make target; an error ends it with one sentence and exit code 1. */
export function operate(body: (target: Target) => Promise<void>, { anyAccount = false } = {}): Promise<void> {
	return main(async () => {
		const target = await withRemedy(readTarget, process.env.AWS_ENDPOINT_URL);
		await withRemedy(async () => {
			if (!anyAccount) await requireAccount(target);
			await body(target);
		}, target.client.endpoint ?? process.env.AWS_ENDPOINT_URL);
	});
}

async function readTarget(): Promise<Target> {
	const environment = await environmentNamed(process.env.ENV || "dev");
	const isLocal = environment.name === "local";
	return {
		environment,
		name: environment.name,
		isLocal,
		client: isLocal ? await localClient(environment) : { region: environment.region },
	};
}

/** Reads one row of the table in `cdk.json`. @throws naming each wrong field */
export async function environmentNamed(name: string): Promise<Environment> {
	const text = await readFile("cdk.json", "utf8").catch((cause) => {
		throw new Error("There is no cdk.json here: run make in the repository's root.", { cause });
	});
	return readEnvironment(JSON.parse(text).context?.environments, name);
}

/** Returns the settings of the local cloud that runs, or ran last. */
async function localClient({ region }: Environment): Promise<ClientSettings> {
	const { AwsEndpointUrl } = await readOutputs("local");
	if (!AwsEndpointUrl) {
		throw new Error(".aws-outputs-local.json names no AwsEndpointUrl: make up writes it.");
	}
	return {
		region,
		endpoint: AwsEndpointUrl,
		credentials: await operatorOf(localDirectory),
	};
}

interface Identity {
	account: string;
	arn: string;
}

/** Returns the account and the principal of the current credentials. */
export async function identityOf({ client }: Target): Promise<Identity> {
	const { Account = "", Arn = "" } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
	return { account: Account, arn: Arn };
}

/** Returns a sentence if the credentials belong to another account than the environment's, else undefined. */
export function accountProblem(
	{ environment: { name, account } }: Pick<Target, "environment">,
	identity: Identity,
): string | undefined {
	if (name === "local") return undefined;
	if (account === null) {
		return `cdk.json: environments.${name}.account: name the account (12 digits) to work on; these credentials belong to ${identity.account}.`;
	}
	if (account === identity.account) return undefined;
	return `Environment ${name} is in account ${account}, but these credentials (${identity.arn}) belong to ${identity.account}: choose others, for instance by AWS_PROFILE.`;
}

/** Prevents reads and changes in another account than the environment's. */
async function requireAccount(target: Target): Promise<void> {
	if (target.isLocal) return;
	const problem = accountProblem(target, await identityOf(target));
	if (problem) throw new Error(problem);
}
