import { z } from "zod";
import { queryApi, queryOperation } from "../../endpoint/query-api.ts";
import { type AwsApi, AwsError } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { RunningStack } from "./store.ts";

/** Serves CloudFormation, read-only: stacks change with another start, not by a call. */
export function cloudFormationApi(state: State, stacks: readonly RunningStack[]): AwsApi {
	const id = ({ name }: RunningStack) => state.arn("cloudformation", `stack/${name}/local`);
	const find = (nameOrId: string) => {
		const stack = stacks.find((candidate) => candidate.name === nameOrId || id(candidate) === nameOrId);
		if (stack) return stack;
		throw new AwsError("ValidationError", `Stack with id ${nameOrId} does not exist`);
	};
	return queryApi({
		service: "cloudformation",
		version: "2010-05-15",
		namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
		permissions: (name, { StackName }) => {
			const stack = stacks.find(({ name }) => name === StackName);
			return [
				{
					action: `cloudformation:${name}`,
					resource: stack ? id(stack) : (StackName ?? "*"),
				},
			];
		},
		operations: {
			DescribeStacks: queryOperation({ StackName: z.string().optional() }, ({ StackName }) => ({
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
			})),
			ListStackResources: queryOperation({ StackName: z.string() }, ({ StackName }) => {
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
			}),
		},
	});
}
