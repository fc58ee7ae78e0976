import type { AwsService } from "../service.ts";
import { parameterStoreApi } from "./api.ts";

export const ssm: AwsService = {
	name: "ssm",
	resources: {},
	api: ({ parameters }) => parameterStoreApi(parameters),
};
