import {
	CloudFormationClient,
	DescribeStacksCommand,
	paginateListStackResources,
	type Stack,
	type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";
import type { Target } from "../environment/target.ts";

/** The stacks, each after those it depends on. Only an environment with a web app has `Web`. */
const parts = ["Web", "DB", "Storage", "Compute", "API", "Monitoring"] as const;
export type Part = (typeof parts)[number];

/** Returns the stacks that the environment's settings ask for. */
export const partsOf = ({ environment }: Pick<Target, "environment">): Part[] =>
	parts.filter((part) => part !== "Web" || environment.web !== null);

export const stackName = (part: Part, { name }: Pick<Target, "name">) => `Collections${part}-${name}`;

export interface StackState {
	part: Part;
	name: string;
	/** CloudFormation's status; null if the stack does not exist. */
	status: string | null;
	changedAt: Date | null;
	outputs: Record<string, string>;
	terminationProtection: boolean;
}

/** Reads the state of each stack that the environment has, or still has. */
export async function describeStacks(target: Target): Promise<StackState[]> {
	const stacks = await Promise.all(parts.map((part) => describeStack(target, part)));
	const asked = partsOf(target);
	return stacks.filter(({ part, status }) => asked.includes(part) || status !== null);
}

export async function describeStack(target: Target, part: Part): Promise<StackState> {
	const name = stackName(part, target);
	const stack = await find(new CloudFormationClient(target.client), name);
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
}

async function find(client: CloudFormationClient, name: string): Promise<Stack | undefined> {
	try {
		const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
		return Stacks?.[0];
	} catch (error) {
		// CloudFormation has no specific error for a stack that does not exist.
		const { name: code, message } = error as Error;
		if (code === "ValidationError" && /does not exist/.test(message)) {
			return undefined;
		}
		throw error;
	}
}

/** Returns the resources that a stack has, also after a creation or removal that failed half-way. */
export async function resourcesOf(
	{ client }: Pick<Target, "client">,
	{ name }: Pick<StackState, "name">,
): Promise<StackResourceSummary[]> {
	const found: StackResourceSummary[] = [];
	const pages = paginateListStackResources({ client: new CloudFormationClient(client) }, { StackName: name });
	for await (const { StackResourceSummaries = [] } of pages) {
		found.push(...StackResourceSummaries.filter(({ ResourceStatus }) => ResourceStatus !== "DELETE_COMPLETE"));
	}
	return found;
}

/** Returns the resources of the environment's stacks that exist. */
export async function deployedResources(target: Target): Promise<StackResourceSummary[]> {
	const stacks = (await describeStacks(target)).filter(({ status }) => status !== null);
	return (await Promise.all(stacks.map((stack) => resourcesOf(target, stack)))).flat();
}

/** Returns whether a stack was never completed: the CDK deletes such a stack and creates it anew. */
const neverCompleted = (status: string | null) => status === "ROLLBACK_COMPLETE" || status === "ROLLBACK_FAILED";

/** Returns whether a deployment creates the stack, for the first time or anew. */
export const isYetToCreate = ({ status }: Pick<StackState, "status">) =>
	status === null || status === "REVIEW_IN_PROGRESS" || neverCompleted(status);

/** Returns why a stack cannot be used or changed, and what to do; undefined if it can. */
export function problemOf(
	{ name, status, terminationProtection }: Pick<StackState, "name" | "status" | "terminationProtection">,
	environment: string,
): string | undefined {
	if (neverCompleted(status) && terminationProtection) {
		return `${name} was never completed (${status}), and its termination protection keeps it from being created anew: aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name ${name}, then make infra-deploy ENV=${environment}.`;
	}
	switch (status) {
		case "CREATE_COMPLETE":
		case "UPDATE_COMPLETE":
		case "IMPORT_COMPLETE":
		// The last change failed and was rolled back: the state before it runs.
		case "UPDATE_ROLLBACK_COMPLETE":
		case "IMPORT_ROLLBACK_COMPLETE":
			return undefined;
		case null:
			return `${name} does not exist: run make infra-deploy ENV=${environment}.`;
		case "ROLLBACK_COMPLETE":
		case "REVIEW_IN_PROGRESS":
			return `${name} was never completed (${status}): make infra-deploy ENV=${environment} creates it anew.`;
		// The creation failed, so there is nothing to keep, and the CDK replaces the stack. Its events name leftovers.
		case "ROLLBACK_FAILED":
			return `${name} was never completed, and not all of it was removed (${status}): see its events for what is left, lift the deletion protection of that, then make infra-deploy ENV=${environment} creates it anew.`;
		case "UPDATE_ROLLBACK_FAILED":
		case "UPDATE_FAILED":
		case "CREATE_FAILED":
			return `${name} is stuck (${status}): see its events for the reason, correct it, then run npx cdk rollback ${name} -c env=${environment} and deploy again.`;
		case "DELETE_FAILED":
			return `${name} was only partly removed (${status}): see its events for the reason, then run make infra-destroy ENV=${environment} again.`;
		default:
			return `${name} is being changed (${status}): wait until that has ended.`;
	}
}

/** The environment has none of the stacks. */
export const notDeployed = ({ name, client }: Pick<Target, "name" | "client">): Error =>
	new Error(`Environment ${name} is not deployed in ${client.region}: make infra-deploy ENV=${name}.`);

/** Returns whether the stack is being changed, by a person or by AWS after a failure. */
export function isBusy(status: string | null): boolean {
	return status !== "REVIEW_IN_PROGRESS" && (status?.endsWith("_IN_PROGRESS") ?? false);
}

/** Returns whether the stack's state prevents a deployment. */
export function blocksDeployment(stack: StackState): boolean {
	const { status, terminationProtection } = stack;
	if (status === null || status === "REVIEW_IN_PROGRESS") return false;
	if (neverCompleted(status)) return terminationProtection;
	return problemOf(stack, "") !== undefined;
}

/**
 * Returns the outputs of all stacks, and the address of the AWS APIs where it is not AWS's own.
 * @throws the first problem of a stack
 */
export async function outputsOf(target: Target): Promise<Record<string, string | null>> {
	const stacks = await describeStacks(target);
	if (stacks.every(({ status }) => status === null)) {
		throw notDeployed(target);
	}
	for (const stack of stacks) {
		const problem = problemOf(stack, target.name);
		if (problem) throw new Error(problem);
	}
	return {
		...Object.assign({}, ...stacks.map(({ outputs }) => outputs)),
		AwsEndpointUrl: target.client.endpoint ?? process.env.AWS_ENDPOINT_URL ?? null,
	};
}
