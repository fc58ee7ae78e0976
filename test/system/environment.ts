import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { CollectionsClient } from "#client/index.ts";
import { type Outputs, readOutputsFile } from "#deployment/outputs.ts";
import { type AwsCredentials, ensureUser, signIn } from "#deployment/users.ts";
import { operatorOf } from "#tools/local/local-environment.ts";

export const stateDir = inject("stateDir");
export const outputs: Outputs = await readOutputsFile(inject("outputsFile"), "deploy the environment");

/** Credentials of the local operator; undefined on AWS, where the SDK finds its own. */
export const operator: AwsCredentials | undefined = stateDir ? await operatorOf(stateDir) : undefined;

export const password = `${randomUUID()}-Aa1`;

/** Creates a confirmed user, each a tenant, and signs them in. */
export async function newUser(name = "user"): Promise<CollectionsClient> {
	const email = `${name}-${randomUUID()}@example.com`;
	await ensureUser(outputs, operator, email, password);
	return new CollectionsClient({
		apiUrl: outputs.ApiUrl,
		streamUrl: outputs.StreamUrl ?? undefined,
		session: await signIn(outputs, email, password),
	});
}
