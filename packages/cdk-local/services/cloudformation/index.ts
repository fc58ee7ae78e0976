import type { AwsService } from "../service.ts";
import { cloudFormationApi } from "./api.ts";

export const cloudFormation: AwsService = {
	name: "cloudformation",
	resources: {},
	api: ({ state, stacks }) => cloudFormationApi(state, stacks),
};
