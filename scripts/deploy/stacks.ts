import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { outputKeys } from "#cli/outputs.ts";
import type { Target } from "../environment/target.ts";

/** The five stacks, each after those it needs. */
export const parts = ["DB", "Storage", "Compute", "API", "Monitoring"] as const;
export type Part = (typeof parts)[number];

export const stackName = (part: Part, { name }: Pick<Target, "name">) => `Collections${part}-${name}`;

export interface StackState {
	part: Part;
	name: string;
	/** CloudFormation's; null where there is no such stack. */
	status: string | null;
	changedAt: Date | null;
	outputs: Record<string, string>;
	terminationProtection: boolean;
}

/** How each of the five stacks stands. */
export function describeStacks(target: Target): Promise<StackState[]> {
	const client = new CloudFormationClient(target.client);
	return Promise.all(
		parts.map(async (part) => {
			const name = stackName(part, target);
			const stack = await find(client, name);
			return {
				part,
				name,
				status: stack?.StackStatus ?? null,
				changedAt: stack?.LastUpdatedTime ?? stack?.CreationTime ?? null,
				terminationProtection: stack?.EnableTerminationProtection ?? false,
				outputs: Object.fromEntries(
					(stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
				),
			};
		}),
	);
}

async function find(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
	try {
		const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
		return Stacks?.[0];
	} catch (error) {
		// CloudFormation has no error of its own for a stack that is not there.
		const { name: code, message } = error as Error;
		if (code === "ValidationError" && /does not exist/.test(message)) {
			return undefined;
		}
		throw error;
	}
}

/** What stands in the way of using or changing a stack, and what to do; undefined where nothing does. */
export function troubleOf(
	{ name, status }: Pick<StackState, "name" | "status">,
	environment: string,
): string | undefined {
	switch (status) {
		case "CREATE_COMPLETE":
		case "UPDATE_COMPLETE":
		case "IMPORT_COMPLETE":
		// The last change failed and was taken back: what runs is the one before.
		case "UPDATE_ROLLBACK_COMPLETE":
		case "IMPORT_ROLLBACK_COMPLETE":
			return undefined;
		case null:
			return `${name} is not there: make infra-deploy ENV=${environment}.`;
		case "ROLLBACK_COMPLETE":
		case "REVIEW_IN_PROGRESS":
			return `${name} was never completed (${status}): make infra-deploy ENV=${environment} makes it anew.`;
		// It has nothing that an earlier version left, so the CDK removes and makes it; what would not go is in its events.
		case "ROLLBACK_FAILED":
			return `${name} was never completed, and not all of it went again (${status}): see its events for what is left, then make infra-deploy ENV=${environment} makes it anew.`;
		case "UPDATE_ROLLBACK_FAILED":
		case "UPDATE_FAILED":
		case "CREATE_FAILED":
			return `${name} is stuck (${status}): see its events for the reason, mend it, then npx cdk rollback ${name} -c env=${environment} and deploy again.`;
		case "DELETE_FAILED":
			return `${name} was removed in part (${status}): see its events for the reason, then make infra-destroy ENV=${environment} again.`;
		default:
			return `${name} is being changed (${status}): wait until that has ended.`;
	}
}

/** Whether somebody, or AWS after a failure, is changing the stack at this moment. */
export function isBusy(status: string | null): boolean {
	return status !== "REVIEW_IN_PROGRESS" && (status?.endsWith("_IN_PROGRESS") ?? false);
}

/** Whether a deployment may change the stack now. */
export function blocksDeployment(status: string | null): boolean {
	return (
		status !== null &&
		!["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"].includes(status) &&
		troubleOf({ name: "", status }, "") !== undefined
	);
}

/**
 * The environment's outputs under the keys that clients know, and no others; null where no stack has one.
 * @throws the first trouble of a stack
 */
export async function outputsOf(target: Target): Promise<Record<string, string | null>> {
	const stacks = await describeStacks(target);
	if (stacks.every(({ status }) => status === null)) {
		throw new Error(
			`Environment ${target.name} is not deployed in ${target.client.region}: make infra-deploy ENV=${target.name}.`,
		);
	}
	for (const stack of stacks) {
		const trouble = troubleOf(stack, target.name);
		if (trouble) throw new Error(trouble);
	}
	const all = Object.assign({}, ...stacks.map(({ outputs }) => outputs));
	return {
		...Object.fromEntries(outputKeys.map((key) => [key, all[key] ?? null])),
		AwsEndpointUrl: target.client.endpoint ?? process.env.AWS_ENDPOINT_URL ?? null,
	};
}
