import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { readEnvironment } from "#lib/read-environment.ts";
import { partsOf } from "#scripts/deploy/stacks.ts";
import cdk from "../../../cdk.json" with { type: "json" };
import { createScriptRunner, type ScriptRunner } from "./script-runner.ts";

/** An independent server of AWS's APIs; tests that need one are skipped without it. */
const endpoint = process.env.TEST_AWS_ENDPOINT_URL;
export const hasMoto = endpoint !== undefined;
export const skipNote = hasMoto ? "" : " (skipped: TEST_AWS_ENDPOINT_URL is not set)";

/** The stacks of dev, by the part of the system that each has. */
export const parts = partsOf({ environment: readEnvironment(cdk.context.environments, "dev") });

const credentials = { accessKeyId: "any", secretAccessKey: "any" };

/**
 * Makes the account of the server, with a dev of its own in the region.
 * @param region one that no other file of tests uses, since names of stacks and parameters depend only on the environment
 */
export function motoAccount<const Region extends string>(region: Region) {
	const client = { region, credentials, ...(endpoint && { endpoint }) };
	const stacks = new CloudFormationClient(client);
	// The account of all credentials on this server.
	const settings = { account: "123456789012", region, availabilityZones: [`${region}a`, `${region}b`] };
	const runner = createScriptRunner(settings);

	const operateWith =
		({ run }: ScriptRunner) =>
		(script: string, env: Record<string, string> = {}) =>
			run(script, {
				ENV: "dev",
				AWS_ENDPOINT_URL: endpoint ?? "",
				AWS_ACCESS_KEY_ID: credentials.accessKeyId,
				AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
				...env,
			});

	return {
		region,
		/** Configures SDK clients. */
		client,
		runner,
		/** Runs a script for dev as it is in the runner's `cdk.json`. */
		operate: operateWith(runner),
		/** Makes a runner whose dev has other settings, and what runs a script in it. */
		variant(more: object) {
			const changed = createScriptRunner({ ...settings, ...more });
			return { runner: changed, operate: operateWith(changed) };
		},
		/** Creates a stack of dev. */
		createStack: (part: string, template: object, isProtected = false) =>
			stacks.send(
				new CreateStackCommand({
					StackName: `Collections${part}-dev`,
					// The server reads false as true.
					...(isProtected && { EnableTerminationProtection: true }),
					TemplateBody: JSON.stringify(template),
				}),
			),
		/** Forgets the steps of scripts, and removes the stacks of dev. */
		async forget() {
			runner.forgetSteps();
			for (const part of parts) await stacks.send(new DeleteStackCommand({ StackName: `Collections${part}-dev` }));
		},
	};
}

/** The template of a stack that has outputs, and a resource since every stack needs one. */
export const withOutputs = (outputs: Record<string, string>) => ({
	Resources: { Topic: { Type: "AWS::SNS::Topic", Properties: {} } },
	Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
});
