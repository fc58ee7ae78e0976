import { z } from "zod";
import { queryApi, queryOperation } from "../../endpoint/query-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { RunningStack } from "./store.ts";

/** Describes the stacks of the assembly. What changes them is another start, not a call. */
export function cloudFormationApi(
	state: State,
	stacks: readonly RunningStack[],
): AwsApi {
	const id = ({ name }: RunningStack) =>
		state.arn("cloudformation", `stack/${name}/local`);
	const find = (nameOrId: string) => {
		const found = stacks.find(
			(stack) => stack.name === nameOrId || id(stack) === nameOrId,
		);
		if (found) return found;
		throw new AwsError(
			"ValidationError",
			`Stack with id ${nameOrId} does not exist`,
		);
	};
	return queryApi({
		service: "cloudformation",
		version: "2010-05-15",
		namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
		permissions: (name, { StackName }) => {
			const known = stacks.find((stack) => stack.name === StackName);
			return [
				{
					action: `cloudformation:${name}`,
					resource: known ? id(known) : (StackName ?? "*"),
				},
			];
		},
		operations: {
			DescribeStacks: queryOperation(
				{ StackName: z.string().optional() },
				({ StackName }) => ({
					Stacks: {
						member: (StackName ? [find(StackName)] : stacks).map((stack) => ({
							StackId: id(stack),
							StackName: stack.name,
							StackStatus: "CREATE_COMPLETE",
							CreationTime: new Date(stack.startedAt).toISOString(),
							EnableTerminationProtection: "false",
							Outputs: {
								member: Object.entries(stack.outputs).map(([key, value]) => ({
									OutputKey: key,
									OutputValue: String(value),
								})),
							},
						})),
					},
				}),
			),
			ListStackResources: queryOperation(
				{ StackName: z.string() },
				({ StackName }) => {
					const stack = find(StackName);
					return {
						StackResourceSummaries: {
							member: stack.resources.map((resource) => ({
								LogicalResourceId: resource.logicalId,
								PhysicalResourceId: resource.physicalId,
								ResourceType: resource.type,
								ResourceStatus: "CREATE_COMPLETE",
								LastUpdatedTimestamp: new Date(stack.startedAt).toISOString(),
							})),
						},
					};
				},
			),
		},
	});
}
